"""A worker delivers by the definition that a connector's record carries."""

import pytest

from connectors.kit.custom import ACTION
from connectors.kit.exchange import PartnerResponse
from connectors.kit.registry import Registry
from connectors.records.profile_event import Change
from stream_workers.core.live_config import live_connector
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench

DEFINITION = {
    "key": "acme_crm",
    "label": "Acme CRM",
    "url": "https://crm.example.org/api",
    "removal_method": "DELETE",
    "authentication": {"kind": "bearer"},
    "body": {"mapping": {"profile_id": "{{ profile.id }}", "change": "{{ event.change }}"}},
    "answers": [{"status": "404", "verdict": "already_done"}],
}


def custom(definition):
    fire = action(type=ACTION)
    secrets = {"key": "t0ken-1"}
    return connector(fire, type="custom", settings={}, secrets=secrets, definition=definition)


async def test_a_worker_delivers_by_the_definition_in_the_record():
    bench = Bench()
    live = live_connector(custom(DEFINITION), Registry([]), lambda _id, _field, sealed: sealed)
    assert (live.broken, live.type.label, live.secrets) == (None, "Acme CRM", ("t0ken-1",))
    bench._live = lambda record: live_connector(record, Registry([]), lambda _id, _field, sealed: sealed)
    bench.publish(custom(DEFINITION), audience(activation()))
    bench.own(0)
    bench.partner.answer = lambda request: PartnerResponse(200 if request.method == "POST" else 404)
    bench.feed(membership("p-1", Change.JOINED), membership("p-1", Change.LEFT, seconds=1))
    await bench.settle()
    assert bench.outcomes() == [("p-1", "sent", None), ("p-1", "removed", None)]
    assert [request["change"] for request in bench.partner.requests] == ["joined", "left"]
    await bench.engine.stop()


@pytest.mark.parametrize("definition", [None, {"key": "half"}])
async def test_a_definition_that_does_not_hold_is_a_connector_that_is_misconfigured(definition):
    bench = Bench()
    bench._live = lambda record: live_connector(record, Registry([]), lambda _id, _field, sealed: sealed)
    bench.publish(custom(definition), audience(activation()))
    bench.own(0)
    bench.feed(membership("p-1", Change.JOINED))
    await bench.settle()
    assert bench.outcomes() == [("p-1", "other_error", "misconfigured")]
    await bench.engine.stop()
