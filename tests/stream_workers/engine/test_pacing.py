"""A burst that comes faster than we can send it: the stream waits for us, and nothing of it is superseded."""

import asyncio

import pytest

from connectors.records.profile_event import Change
from tests.support.builders import audience, connector, membership
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
