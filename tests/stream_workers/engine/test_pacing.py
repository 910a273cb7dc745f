"""A burst that comes faster than we can send it: the stream waits for us, and nothing of it is superseded."""

import asyncio

import pytest

from connectors.kit.exchange import PartnerResponse
from connectors.records.profile_event import Change
from stream_workers.engine.connector import TICKS_PER_SECOND
from stream_workers.engine.dispatcher import UNWANTED_AT_ONCE
from tests.support.builders import action, audience, connector, membership
from tests.support.engine import Bench

BURST = 1_600
PROFILES = 100


def a_burst() -> list:
    """Each profile joins and leaves, many times."""
    changes = (Change.JOINED, Change.LEFT)
    return [membership(f"p-{n % PROFILES}", changes[n // PROFILES % 2], seconds=n) for n in range(BURST)]


@pytest.fixture
async def bench():
    bench = Bench(slots=64)
    bench.publish(connector(), audience())
    bench.own(0)
    yield bench
    await bench.engine.stop()


async def test_a_burst_is_sent_whole_when_the_partner_is_quick(bench) -> None:
    bench.feed(*a_burst())
    await bench.settle()
    outcomes = [outcome for _, outcome, _ in bench.outcomes()]
    assert (outcomes.count("sent"), outcomes.count("removed")) == (BURST / 2, BURST / 2)


async def test_nothing_is_taken_while_nothing_may_be_sent(bench) -> None:
    bench.may_send = False
    bench.feed(*a_burst())
    await bench.until(lambda: bench.engine.feeds[0].partition.alive and not bench.engine.feeds[0].chunks)
    for _ in range(20):
        await asyncio.sleep(0)
    assert bench.engine.feeds[0].partition.position.expected == 0
    bench.may_send = True
    await bench.settle()
    assert {outcome for _, outcome, _ in bench.outcomes()} == {"sent", "removed"}


async def test_the_stream_does_not_wait_for_a_partner_whose_every_answer_is_a_failure(bench) -> None:
    connectors = bench.engine.dispatcher.connectors
    bench.partner.hold = asyncio.Event()
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(*(membership(f"p-{number}") for number in range(200)))
    await bench.until(lambda: connectors and len(connectors["con_1"].ready) > 100)
    partner = connectors["con_1"]
    assert partner.moving() > 100
    for _ in range(TICKS_PER_SECOND - 1):
        partner.tick()
    bench.partner.hold.set()
    await bench.until(lambda: bench.logs[0].attempts)
    partner.tick()
    assert partner.ready
    assert partner.is_stalled()
    assert partner.moving() == 0


@pytest.mark.parametrize("what", ["connector", "action"])
async def test_a_deactivation_ends_many_rows_in_portions_and_starts_none_of_them(what):
    count = 2 * UNWANTED_AT_ONCE + 500
    bench = Bench()
    bench.publish(connector(paused=True), audience())
    bench.own(0)
    bench.feed(*(membership(f"p-{number}") for number in range(count)))
    await bench.until(lambda: bench.engine.pending_rows() == count, 60)
    off = {"active": False, "activation": 2} if what == "connector" else {}
    bench.publish(connector(*([] if off else [action(active=False, activation=2)]), revision=2, **off))
    assert bench.engine.pending_rows() == count - UNWANTED_AT_ONCE
    bench.engine.dispatcher.tick()
    assert bench.engine.pending_rows() == count - 2 * UNWANTED_AT_ONCE
    bench.engine.dispatcher.tick()
    await bench.until(lambda: len(bench.outcomes()) == count, 60)
    assert {(outcome, reason) for _, outcome, reason in bench.outcomes()} == {("skipped", "deactivated")}
    assert bench.partner.requests == []
    await bench.engine.stop()


async def test_a_newer_change_of_a_row_that_is_about_to_end_finds_it():
    bench = Bench()
    bench.publish(connector(paused=True), audience())
    bench.own(0)
    count = UNWANTED_AT_ONCE + 1
    bench.feed(*(membership(f"p-{number}", event_id=f"e-{number}") for number in range(count)))
    await bench.until(lambda: bench.engine.pending_rows() == count, 60)
    bench.publish(connector(active=False, activation=2, revision=2))
    (last,) = (delivery.lane for delivery in bench.engine.feeds[0].partition.rows.values())
    bench.feed(membership(last, Change.LEFT, seconds=60, event_id="e-new"))
    await bench.until(lambda: len(bench.outcomes()) == count + 1, 60)
    ends = {(profile, reason) for profile, _, reason in bench.outcomes()}
    assert {(last, "superseded"), (last, "deactivated")} <= ends
    bench.engine.dispatcher.tick()
    assert bench.engine.pending_rows() == 0
    assert bench.partner.requests == []
    await bench.engine.stop()
