"""Giving partitions up: what runs is cut after some seconds, and what belongs to other partitions goes on."""

import asyncio
import gc
import weakref

import pytest

from connectors.kit.exchange import PartnerResponse
from connectors.records.config import ConfigRecord
from stream_workers.engine.delivery import Delivery
from stream_workers.shell.partition_transaction import Fenced
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


async def release_while_asked(bench: Bench, ticket: str, *meanwhile: ConfigRecord) -> None:
    """Partition 1 goes while the job of rows of both is being asked for, and the partner answers after that."""
    bench.partner.answer = lambda _request: PartnerResponse(202, body=ticket.encode())
    bench.feed(membership("p-0"), membership("p-1"), partition=0)
    bench.feed(membership("p-2"), partition=1)
    await bench.until(lambda: {row.ticket for log in bench.logs.values() for row in log.pending_rows()} == {ticket})
    await bench.settle(0)
    bench.partner.hold = asyncio.Event()
    await bench.pass_time(6)
    await bench.until(lambda: bench.partner.running == 1)
    bench.partner.answer = lambda _request: PartnerResponse(200)
    bench.publish(*meanwhile)
    await release(bench, 1)
    bench.partner.hold.set()


async def test_a_job_that_was_asked_for_rows_of_two_partitions_is_asked_again_for_those_that_stay(bench):
    await release_while_asked(bench, "job-7")
    await bench.until(lambda: len(bench.outcomes(0)) == 2)
    assert sorted(bench.outcomes(0)) == [("p-0", "sent", None), ("p-1", "sent", None)]
    assert bench.partner.requests[-1]["ticket"] == "job-7"
    assert [row.ticket for row in bench.logs[1].pending_rows()] == ["job-7"]


async def test_a_job_that_must_not_be_gone_on_with_begins_anew_for_the_rows_that_stay(bench):
    await release_while_asked(bench, "fragile-7")
    await bench.until(lambda: {row.ticket for row in bench.logs[0].pending_rows()} == {None})
    await bench.pass_time(61)
    await bench.until(lambda: len(bench.outcomes(0)) == 2)
    assert [request["ticket"] for request in bench.partner.requests] == [None, "fragile-7", None]
    assert [row.ticket for row in bench.logs[1].pending_rows()] == ["fragile-7"]


async def test_what_stays_of_a_job_ends_when_its_connector_goes_off_meanwhile(bench):
    off = connector(action(type="sync_job"), version=3, revision=3, active=False, activation=2)
    await release_while_asked(bench, "fragile-7", off)
    await bench.until(lambda: len(bench.outcomes(0)) == 2)
    assert sorted(bench.outcomes(0)) == [("p-0", "skipped", "deactivated"), ("p-1", "skipped", "deactivated")]
    assert [request["ticket"] for request in bench.partner.requests] == [None, "fragile-7"]
    assert [row.ticket for row in bench.logs[1].pending_rows()] == ["fragile-7"]


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


@pytest.mark.parametrize(("type_", "status"), [("sync_list", 503), ("sync_job", 202)], ids=["retries", "jobs"])
async def test_no_timer_keeps_what_waits_in_a_partition_that_has_gone(bench, type_, status):
    bench.publish(connector(action(type=type_), version=3, revision=3))
    bench.partner.answer = lambda _request: PartnerResponse(status, body=b"job-7")
    for partition in (0, 1):
        bench.feed(*(membership(f"p-{partition}-{number}") for number in range(3)), partition=partition)
        await bench.settle(partition)
        await bench.until(lambda: not bench.engine.dispatcher.slots.in_flight)
    assert waiting(bench) == {f"p-{partition}-{number}" for partition in (0, 1) for number in range(3)}
    await release(bench, 1)
    assert waiting(bench) == {f"p-0-{number}" for number in range(3)}
    bench.partner.answer = lambda _request: PartnerResponse(200)
    await bench.pass_time(30)
    await bench.until(lambda: len(bench.outcomes(0)) == 3)


def waiting(bench: Bench) -> set[str]:
    """The profiles whose deliveries a timer holds."""
    found = set()
    for _due, _order, _callback, argument in bench.engine.dispatcher._timers._heap:
        held = argument[1] if isinstance(argument, tuple) else []
        found |= {one.lane for one in (held if isinstance(held, list) else [held]) if isinstance(one, Delivery)}
    return found


async def gathered(bench: Bench, *profiles: str) -> None:
    """Rows in an open batch, which is neither full nor old."""
    bench.publish(connector(action(type="sync_batch"), version=3, revision=3))
    bench.feed(*(membership(profile) for profile in profiles))
    await bench.until(lambda: len(bench.logs[0].rows) == len(profiles))
    assert bench.partner.requests == []


async def test_a_stop_in_order_sends_what_is_gathered_in_batches(bench):
    await gathered(bench, "p-0", "p-1")
    await bench.engine.stop()
    assert [len(request["rows"]) for request in bench.partner.requests] == [2]
    assert sorted(bench.outcomes()) == [("p-0", "sent", None), ("p-1", "sent", None)]
    assert bench.logs[0].rows == {}


async def test_a_stop_sends_nothing_while_nothing_may_be_sent_and_leaves_the_rows(bench):
    await gathered(bench, "p-0", "p-1")
    bench.may_send = False
    await bench.engine.stop()
    assert bench.partner.requests == []
    assert len(bench.logs[0].rows) == 2


async def test_a_stop_does_not_wait_for_a_connector_that_is_paused(bench):
    await gathered(bench, "p-0", "p-1")
    bench.publish(connector(action(type="sync_batch"), version=3, revision=4, paused=True))
    await bench.engine.stop()
    assert bench.partner.requests == []
    assert len(bench.logs[0].rows) == 2


async def test_a_batch_that_is_refused_at_the_stop_stays_for_the_next_owner(bench):
    await gathered(bench, "p-0", "p-1")
    bench.partner.answer = lambda _request: PartnerResponse(503)
    await bench.engine.stop()
    assert len(bench.partner.requests) == 1
    assert [row.attempts for row in bench.logs[0].pending_rows()] == [1, 1]


async def test_a_new_version_of_a_connector_sends_what_is_gathered_in_batches(bench):
    await gathered(bench, "p-0", "p-1")
    bench.publish(connector(action(type="sync_batch"), version=4, revision=4))
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert [len(request["rows"]) for request in bench.partner.requests] == [2]


@pytest.mark.parametrize("how", ["released", "lost"])
async def test_a_partition_that_is_gone_needs_no_collector_of_cycles(bench, how):
    bench.publish(connector(action(type="sync_list"), version=3, revision=3))
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-0"), membership("p-1"), partition=0)
    await bench.until(lambda: bench.engine.pending_rows() == 2)
    gone = weakref.ref(bench.engine.feeds[0].partition._dirty)  # its own: a compiled class has no weak references
    gc.collect()
    gc.disable()
    try:
        if how == "lost":
            bench.logs[0].fail_with.append(Fenced("another has it"))
            bench.feed(membership("p-2"), partition=0)
        else:
            await release(bench, 0)
            bench.engine._kept.clear()
        await bench.until(lambda: gone() is None)
    finally:
        gc.enable()
