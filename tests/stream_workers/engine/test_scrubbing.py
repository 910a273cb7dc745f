"""What a partner says is written down without our secrets, wherever it is written."""

from dataclasses import replace

import pytest

from connectors.kit.classification import Classification, Verdict
from connectors.kit.exchange import PartnerResponse
from connectors.records.codec import decode
from connectors.records.delivery import Attempt
from tests.support import acme
from tests.support.builders import audience, connector, membership
from tests.support.engine import Bench

SECRET = "s3cret-of-acme"


@pytest.fixture
async def bench(monkeypatch):
    def classify(response, batch):
        said = response.body.decode()
        return (Classification(Verdict.REJECTED, partner_code=said, detail=said),) * len(batch.rows)

    bench = Bench()
    actions = tuple(replace(action, classify=classify) for action in acme.ACME.actions)
    monkeypatch.setattr("tests.support.engine.ACME", replace(acme.ACME, actions=actions))
    bench.publish(connector(secrets={"url": f"http://{SECRET}.example"}), audience())
    bench.own(0)
    yield bench
    await bench.engine.stop()


async def test_no_record_repeats_a_secret_that_the_partner_repeats(bench):
    bench.partner.answer = lambda _request: PartnerResponse(400, body=f"who is http://{SECRET}.example".encode())
    bench.feed(membership("p-1"))
    await bench.settle()
    log = bench.logs[0]
    (outcome,), (letter,) = log.outcomes, log.dead_letters
    (attempt,) = [decode(Attempt, value) for value in log.attempts]
    assert outcome.partner_code == letter.partner_code == letter.detail == attempt.detail == "who is «secret»"
    assert SECRET not in repr((outcome, letter.detail, attempt))


async def test_a_long_code_is_cut_where_no_half_of_a_secret_can_be_left(bench):
    bench.partner.answer = lambda _request: PartnerResponse(400, body=f"{'x' * 186} http://{SECRET}.example".encode())
    bench.feed(membership("p-1"))
    await bench.settle()
    (outcome,) = bench.logs[0].outcomes
    assert outcome.partner_code == f"{'x' * 186} «secret»"
    bench.partner.answer = lambda _request: PartnerResponse(400, body=b"y" * 1000)
    bench.feed(membership("p-2"))
    await bench.settle()
    assert bench.logs[0].outcomes[-1].partner_code == "y" * 200
