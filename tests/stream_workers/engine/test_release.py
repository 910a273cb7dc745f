"""Giving partitions up: what runs is cut after some seconds, and what belongs to other partitions goes on."""

import asyncio

import pytest

from connectors.kit.exchange import PartnerResponse
from tests.support.builders import action, audience, connector, membership
from tests.support.engine import Bench


@pytest.fixture
async def bench():
    bench = Bench()
    bench.publish(connector(action(type="sync_job"), version=2), audience())
    bench.own(0, 1)
    await bench.until(lambda: all(feed.partition._task for feed in bench.engine.feeds.values()))
    yield bench
    await bench.engine.stop()


async def release(bench: Bench, partition: int) -> None:
    """Time passes while the engine waits for what runs."""
    task = asyncio.ensure_future(bench.engine.release({partition}))
    while not task.done():
        bench.clock.advance(1)
        await asyncio.sleep(0.002)


async def test_a_job_that_was_asked_for_rows_of_two_partitions_is_asked_again_for_those_that_stay(bench):
    bench.partner.answer = lambda _request: PartnerResponse(202, body=b"job-7")
    bench.feed(membership("p-0"), membership("p-1"), partition=0)
    bench.feed(membership("p-2"), partition=1)
    await bench.until(lambda: {row.ticket for log in bench.logs.values() for row in log.pending_rows()} == {"job-7"})
    await bench.settle(0)
    bench.partner.hold = asyncio.Event()
    await bench.pass_time(6)
    await bench.until(lambda: bench.partner.running == 1)

    bench.partner.answer = lambda _request: PartnerResponse(200)
    await release(bench, 1)
    bench.partner.hold.set()
    await bench.until(lambda: len(bench.outcomes(0)) == 2)
    assert sorted(bench.outcomes(0)) == [("p-0", "sent", None), ("p-1", "sent", None)]
    assert bench.partner.requests[-1]["ticket"] == "job-7"
    assert [row.ticket for row in bench.logs[1].pending_rows()] == ["job-7"]


async def test_what_a_released_partition_had_open_is_there_for_its_next_owner(bench):
    bench.publish(connector(action(type="sync_list"), version=3, revision=3))
    bench.partner.hold = asyncio.Event()
    bench.feed(membership("p-0"), partition=0)
    bench.feed(membership("p-2"), partition=1)
    await bench.until(lambda: bench.partner.running == 2)
    await release(bench, 1)
    assert bench.outcomes(1) == []
    assert bench.logs[1].position is None or bench.logs[1].position.next == 0
    bench.partner.hold.set()
    await bench.settle(0)
    assert bench.outcomes(0) == [("p-0", "sent", None)]
