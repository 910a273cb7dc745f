"""What a worker tells its operators: states as they are now, and each change of a state once."""

import pytest
from structlog.testing import capture_logs

from connectors.kit.exchange import PartnerResponse
from stream_workers.engine import engine as engine_module
from stream_workers.engine.intake import ROUTE_SAMPLE
from tests.support.builders import audience, connector, membership
from tests.support.engine import Bench


@pytest.fixture
async def bench():
    bench = Bench()
    bench.publish(connector(), audience())
    bench.own(0)
    await bench.until(lambda: bench.engine.feeds[0].partition.is_ours)
    yield bench
    await bench.engine.stop()


def told(bench: Bench, metric: str, **labels: str) -> float | None:
    bench.engine.report({0: 10})
    return bench.telemetry.registry.get_sample_value(metric, labels)


def of_connector(bench: Bench, metric: str) -> float | None:
    return told(bench, metric, connector_id="con_1")


async def failing(bench: Bench, status: int, *profiles: str) -> None:
    bench.partner.answer = lambda _request: PartnerResponse(status)
    before = len(bench.partner.requests)
    bench.feed(*(membership(profile) for profile in profiles))
    await bench.until(lambda: len(bench.partner.requests) == before + len(profiles))
    await bench.until(lambda: bench.partner.running == 0)


async def test_the_lag_of_a_partition_is_told_by_its_owner_only(bench):
    bench.feed(membership("p-1"), membership("p-2"))
    await bench.settle()
    assert told(bench, "patchbay_lag_records", partition="0") == 8
    await bench.engine.release({0})
    assert told(bench, "patchbay_lag_records", partition="0") is None
    assert told(bench, "patchbay_position_offset", partition="0") is None


@pytest.mark.parametrize(
    ("partitions", "misrouted"),
    [(1, 0), (0, 0), (4, 1)],  # murmur2 puts `p-3` into partition 3 of 4
    ids=["at home", "not known how many", "elsewhere"],
)
async def test_a_producer_that_partitions_by_something_else_is_noticed(bench, partitions, misrouted):
    bench.engine.intake.partitions = partitions
    bench.feed(*(membership("p-3", seconds=number) for number in range(ROUTE_SAMPLE)))
    await bench.settle()
    assert told(bench, "patchbay_misrouted_records_sampled_total") == misrouted


async def probed(bench):
    """The breaker lets one delivery through, which fails too."""
    before = len(bench.partner.requests)
    await bench.pass_time(61)
    await bench.until(lambda: len(bench.partner.requests) == before + 1)
    await bench.until(lambda: bench.partner.running == 0)


async def test_a_breaker_is_told_when_it_opens_and_when_it_closes_and_not_between(bench):
    with capture_logs() as logs:
        await failing(bench, 503, *(f"p-{number}" for number in range(20)))
        assert of_connector(bench, "patchbay_breaker_open") == 1
        await probed(bench)
        await probed(bench)
        assert of_connector(bench, "patchbay_breaker_open") == 1
        bench.partner.answer = lambda _request: PartnerResponse(200)
        await bench.pass_time(61)
        await bench.until(lambda: of_connector(bench, "patchbay_breaker_open") == 0)
    changes = [one for one in logs if one["event"].startswith("connector.")]
    assert [one["event"] for one in changes] == ["connector.breaker_opened", "connector.breaker_closed"]
    assert (changes[0]["connector_id"], changes[0]["last_failure"]) == ("con_1", "partner_unavailable")


async def test_refused_credentials_are_told_once_and_no_more_when_they_are_replaced(bench):
    with capture_logs() as logs:
        await failing(bench, 401, "p-1", "p-2", "p-3")
        assert of_connector(bench, "patchbay_credentials_refused") == 1
        bench.publish(connector(settings={"url": "http://other.example"}, version=2, revision=2))
        assert of_connector(bench, "patchbay_credentials_refused") == 0
    assert [one["event"] for one in logs if one["event"].startswith("connector.")] == ["connector.credentials_refused"]


async def test_of_a_deleted_connector_no_state_is_told(bench):
    await failing(bench, 401, "p-1", "p-2", "p-3")
    assert of_connector(bench, "patchbay_credentials_refused") == 1
    bench.delete("connector", "con_1")
    assert of_connector(bench, "patchbay_credentials_refused") is None
    assert of_connector(bench, "patchbay_breaker_open") is None


async def test_an_engine_whose_timers_have_broken_says_that_a_new_process_must_begin(bench, monkeypatch):
    monkeypatch.setattr(engine_module, "TICK_SECONDS", "something that nobody has thought of")
    assert not bench.engine.failed
    bench.engine.start()
    with capture_logs() as logs:
        await bench.until(lambda: bench.engine.failed)
    assert [(one["event"], one["place"]) for one in logs] == [("internal_error", "tick")]
