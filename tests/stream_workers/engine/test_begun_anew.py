"""Jobs that must not be gone on with: their rows begin anew, and nothing older follows what is newer."""

import pytest

from connectors.kit.exchange import PartnerResponse, TransportError, TransportErrorKind
from connectors.records.profile_event import Change
from tests.support.builders import action, audience, connector, membership
from tests.support.engine import Bench

SILENCE = TransportError(TransportErrorKind.TIMEOUT, "no answer within 3 s")
ASKED_AGAIN, TRIED_AGAIN, BATCH_AGE = 6, 100, 61


@pytest.fixture
async def bench():
    bench = Bench()
    bench.publish(connector(action(type="sync_job"), version=2), audience())
    bench.own(0)
    yield bench
    await bench.engine.stop()


def answers(bench, answer):
    bench.partner.answer = lambda _request: answer


def tickets(bench):
    return {row.ticket for row in bench.logs[0].pending_rows()}


async def begin(bench, ticket, *profiles):
    """A job of these three, which fill a batch."""
    answers(bench, PartnerResponse(202, body=ticket.encode()))
    bench.feed(*map(membership, profiles))
    await bench.until(lambda: tickets(bench) == {ticket})
    await bench.settle()


async def take_over(bench, *, kept):
    """The partition goes and comes back; what is newer than a row is known by rows only."""
    await bench.engine.release({0})
    if not kept:
        bench.engine._kept.clear()
        bench.logs[0].records.clear()
    bench.own(0)
    await bench.until(lambda: bench.engine.feeds[0].partition._task)


async def test_after_a_missing_answer(bench):
    await begin(bench, "fragile-7", "p-1", "p-2", "p-3")
    answers(bench, SILENCE)
    await bench.pass_time(ASKED_AGAIN)
    await bench.until(lambda: tickets(bench) == {None})
    assert {row.attempts for row in bench.logs[0].pending_rows()} == {2}
    answers(bench, PartnerResponse(200))
    await bench.pass_time(TRIED_AGAIN)
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert [request["ticket"] for request in bench.partner.requests] == [None, "fragile-7", None]
    assert {outcome for _, outcome, _ in bench.outcomes()} == {"sent"}
    await bench.until(lambda: not bench.logs[0].rows)


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "read again"])
async def test_after_a_takeover(bench, kept):
    await begin(bench, "fragile-7", "p-1", "p-2", "p-3")
    answers(bench, PartnerResponse(200))
    await take_over(bench, kept=kept)
    await bench.until(lambda: tickets(bench) == {None})
    await bench.pass_time(ASKED_AGAIN)
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert [(request["ticket"], len(request["rows"])) for request in bench.partner.requests] == [(None, 3), (None, 3)]
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_newer_change_takes_the_place_of_a_row_that_begins_anew(bench):
    await begin(bench, "fragile-7", "p-1", "p-2", "p-3")
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    answers(bench, PartnerResponse(200))
    await take_over(bench, kept=False)
    await bench.pass_time(ASKED_AGAIN)
    await bench.pass_time(BATCH_AGE)
    await bench.until(lambda: len(bench.outcomes()) == 4)
    assert sorted(bench.outcomes()) == [
        ("p-1", "removed", None),
        ("p-1", "skipped", "superseded"),
        ("p-2", "sent", None),
        ("p-3", "sent", None),
    ]
    assert bench.partner.received()[3:].count(("p-1", "joined")) == 0
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_newer_change_finds_the_second_job_of_a_row_too(bench):
    await begin(bench, "fragile-7", "p-1", "p-2", "p-3")
    answers(bench, SILENCE)
    await bench.pass_time(ASKED_AGAIN)
    await bench.until(lambda: tickets(bench) == {None})
    answers(bench, PartnerResponse(202, body=b"fragile-8"))
    await bench.pass_time(TRIED_AGAIN)
    await bench.until(lambda: tickets(bench) == {"fragile-8"})
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    answers(bench, SILENCE)
    await bench.pass_time(ASKED_AGAIN)
    await bench.until(lambda: ("p-1", "skipped", "superseded") in bench.outcomes())


async def test_rows_of_a_job_that_could_not_be_asked_do_not_join_a_batch(bench):
    answers(bench, PartnerResponse(202, body=b"job-7"))
    bench.feed(membership("p-1"), membership("p-2"))
    await bench.settle()
    await bench.pass_time(BATCH_AGE)
    await bench.until(lambda: tickets(bench) == {"job-7"})
    bench.clock.advance(ASKED_AGAIN)
    bench.engine.dispatcher.wake()
    bench.may_send = False
    await bench.until(lambda: not bench.engine.dispatcher.slots.in_flight)
    bench.may_send = True
    answers(bench, PartnerResponse(200))
    bench.feed(membership("p-3"))
    await bench.settle()
    await bench.pass_time(1)
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert [row["profile_id"] for row in bench.partner.requests[-1]["rows"]] == ["p-1", "p-2"]
    assert tickets(bench) == {None}
