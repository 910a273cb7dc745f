"""A rebalance takes every partition and gives most back: nobody has had those, so they need not be read again."""

import asyncio

import pytest

from connectors.kit.exchange import PartnerResponse
from connectors.records.profile_event import Change
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench

JOINED, LEFT = Change.JOINED, Change.LEFT


@pytest.fixture
async def bench():
    bench = Bench()
    bench.publish(connector(), audience())
    bench.own(0)
    yield bench
    bench.partner.hold = None
    await bench.engine.stop()


async def waiting(bench: Bench, *profiles: str) -> None:
    """Joins that have failed once and wait for their second try."""
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(*(membership(profile) for profile in profiles))
    await bench.settle()
    await bench.until(lambda: len(bench.logs[0].rows) == len(profiles))
    bench.partner.answer = lambda _request: PartnerResponse(200)


async def rebalance(bench: Bench, *, kept: bool = True) -> None:
    """The group takes the partition and gives it back, or to a worker that has kept nothing; what still runs is cut."""
    task = asyncio.ensure_future(bench.engine.release({0}))
    while not task.done():
        bench.clock.advance(1)
        await asyncio.sleep(0.002)
    if not kept:
        bench.engine._kept.clear()
    bench.own(0)
    await bench.until(lambda: bench.engine.feeds[0].partition._task)


async def test_what_nobody_else_has_had_is_not_read_again_and_goes_on(bench):
    await waiting(bench, "p-1", "p-2")
    await rebalance(bench)
    assert (bench.logs[0].read, bench.logs[0].looked) == (1, 1)
    assert bench.engine.pending_rows() == 2
    await bench.pass_time(60)
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert sorted(bench.outcomes()) == [("p-1", "sent", None), ("p-2", "sent", None)]
    assert [outcome.attempts for outcome in bench.logs[0].outcomes] == [2, 2]
    await bench.until(lambda: not bench.logs[0].rows)


async def test_duplicates_and_late_changes_are_still_recognised(bench):
    leave = membership("p-1", LEFT, seconds=60, event_id="e-2")
    bench.feed(membership("p-1", event_id="e-1"), leave)
    await bench.settle()
    await rebalance(bench)
    bench.feed(leave, membership("p-1", seconds=30, event_id="e-3"))
    await bench.settle()
    assert bench.outcomes()[2:] == [("p-1", "skipped", "duplicate"), ("p-1", "skipped", "superseded")]


async def test_when_somebody_has_written_meanwhile_everything_is_read(bench):
    await waiting(bench, "p-1")
    await bench.engine.release({0})
    other = Bench()
    other.logs, other.clock, other.next_offset = bench.logs, bench.clock, bench.next_offset
    other.engine = other._build()
    other.publish(connector(), audience())
    other.own(0)
    await other.pass_time(60)
    await other.until(lambda: len(other.outcomes()) == 1)
    await other.engine.release({0})
    bench.own(0)
    await bench.until(lambda: bench.engine.feeds[0].partition._task)
    assert bench.logs[0].read == 3
    assert bench.engine.pending_rows() == 0
    assert bench.partner.received() == [("p-1", "joined")]
    await other.engine.stop()


async def test_a_deactivation_meanwhile_ends_what_was_kept(bench):
    await waiting(bench, "p-1")
    bench.partner.answer = lambda _request: PartnerResponse(422)
    bench.feed(membership("p-2"))
    await bench.until(lambda: bench.engine.feeds[0].partition.parked)
    await bench.engine.release({0})
    bench.publish(connector(active=False, activation=2, revision=2))
    bench.own(0)
    await bench.until(lambda: ("p-1", "skipped", "deactivated") in bench.outcomes())
    await bench.until(lambda: not bench.logs[0].rows)
    assert len(bench.partner.requests) == 2


async def test_the_partners_jobs_are_asked_on(bench):
    bench.publish(connector(action(type="sync_job"), version=2, revision=2))
    bench.partner.answer = lambda _request: PartnerResponse(202, body=b"job-7")
    bench.feed(membership("p-1"), membership("p-2"), membership("p-3"))
    await bench.until(lambda: {row.ticket for row in bench.logs[0].pending_rows()} == {"job-7"})
    await bench.settle()
    await rebalance(bench)
    bench.partner.answer = lambda _request: PartnerResponse(200)
    await bench.pass_time(60)
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert bench.partner.requests[-1]["ticket"] == "job-7"
    assert len(bench.partner.requests[-1]["rows"]) == 3


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "read by another worker"])
async def test_a_retry_that_a_newer_change_made_void_is_not_tried_by_the_next_owner(bench, kept):
    bench.publish(audience(activation("act_1", JOINED), version=2, revision=2))
    await waiting(bench, "p-1")
    bench.partner.hold = asyncio.Event()
    await bench.pass_time(60)
    await bench.until(lambda: bench.partner.running == 1)
    bench.feed(membership("p-1", LEFT, seconds=5))
    await bench.settle()
    await rebalance(bench, kept=kept)
    await bench.until(lambda: bench.outcomes() == [("p-1", "skipped", "superseded")])
    assert len(bench.partner.requests) == 2
    await bench.until(lambda: not bench.logs[0].rows)
