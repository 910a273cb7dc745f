"""The engine as a whole, in memory: events in, requests and outcomes out."""

import asyncio

from connectors.kit.exchange import PartnerResponse, TransportError, TransportErrorKind
from connectors.records.profile_event import Change
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench

JOINED, LEFT = Change.JOINED, Change.LEFT


async def test_a_join_is_sent_and_counted(bench):
    bench.feed(membership("p-1", JOINED))
    await bench.settle()
    assert bench.partner.received() == [("p-1", "joined")]
    assert bench.outcomes() == [("p-1", "sent", None)]


async def test_a_key_that_could_not_be_written_is_left_away_and_told(bench):
    units, commit = [], bench.logs[0].commit

    async def remember(unit, position):
        units.append(unit)
        await commit(unit, position)

    bench.logs[0].commit = remember
    bench.engine.feed(0, [bench.record(membership("p-1"), key=b"acme-crm\0" * 600_000)])
    await bench.settle()
    (letter,) = bench.logs[0].dead_letters
    assert letter.reason == "key_mismatch"
    assert "5400000 bytes that begin with 'acme-crm\\x00acme-crm" in letter.detail
    assert [key for unit in units for key, _value in unit.dead_letters] == [None]


async def test_a_leave_ends_removed(bench):
    bench.feed(membership("p-1", JOINED), membership("p-1", LEFT, seconds=1))
    await bench.settle()
    assert bench.partner.received() == [("p-1", "joined"), ("p-1", "left")]
    assert bench.outcomes() == [("p-1", "sent", None), ("p-1", "removed", None)]


async def test_a_failed_join_waits_as_a_row_and_is_sent_when_it_is_due(bench):
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", JOINED))
    await bench.settle()
    assert [row.attempts for row in bench.logs[0].pending_rows()] == [1]
    bench.partner.answer = lambda _request: PartnerResponse(200)
    await bench.pass_time(11)
    await bench.until(bench.outcomes)
    await bench.until(lambda: not bench.logs[0].rows)
    assert bench.outcomes() == [("p-1", "sent", None)]
    ids = {row["id"] for request in bench.partner.requests for row in request["rows"]}
    assert len(ids) == 1


async def test_a_leave_overtakes_nothing_but_replaces_a_join_that_waits(bench):
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", JOINED))
    await bench.settle()
    bench.partner.answer = lambda _request: PartnerResponse(200)
    bench.feed(membership("p-1", LEFT, seconds=5))
    await bench.settle()
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert bench.outcomes() == [("p-1", "skipped", "superseded"), ("p-1", "removed", None)]
    await bench.pass_time(3600)
    assert bench.partner.received() == [("p-1", "joined"), ("p-1", "left")]
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_join_whose_attempt_fails_after_the_leave_arrived_is_superseded(bench):
    bench.partner.hold = asyncio.Event()
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", JOINED))
    await bench.until(lambda: bench.partner.running == 1)
    bench.feed(membership("p-1", LEFT, seconds=5))
    await bench.until(lambda: bench.engine.feeds[0].partition.position.expected == 2)
    bench.partner.answer = lambda request: PartnerResponse(503 if b'"joined"' in request.body else 200)
    bench.partner.hold.set()
    await bench.settle()
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert bench.outcomes() == [("p-1", "skipped", "superseded"), ("p-1", "removed", None)]


async def test_deactivation_cancels_what_waits_and_what_arrives(bench):
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", JOINED))
    await bench.settle()
    bench.publish(connector(active=False, activation=2, revision=2))
    bench.feed(membership("p-2", JOINED))
    await bench.settle()
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert bench.outcomes() == [("p-1", "skipped", "deactivated"), ("p-2", "skipped", "deactivated")]
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_pause_holds_the_latest_states_and_resume_sends_them(bench):
    bench.publish(connector(paused=True, revision=2))
    bench.feed(membership("p-1", JOINED), membership("p-1", LEFT, seconds=1), membership("p-2", JOINED))
    await bench.settle()
    assert bench.partner.requests == []
    assert bench.outcomes() == [("p-1", "skipped", "superseded")]
    bench.publish(connector(paused=False, revision=3))
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert sorted(bench.partner.received()) == [("p-1", "left"), ("p-2", "joined")]


async def test_a_new_owner_goes_on_where_the_old_one_stopped(bench):
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", JOINED), membership("p-2", JOINED))
    await bench.settle()
    await bench.engine.release({0})
    successor = Bench()
    successor.logs, successor.clock = bench.logs, bench.clock
    successor.engine = successor._build()
    successor.publish(connector(), audience())
    successor.next_offset = bench.next_offset
    successor.own(0)
    successor.feed(membership("p-1", LEFT, seconds=9))
    await successor.until(lambda: len(successor.outcomes()) == 2)
    assert successor.outcomes() == [("p-1", "skipped", "superseded"), ("p-1", "removed", None)]
    await successor.pass_time(30)
    await successor.until(lambda: len(successor.outcomes()) == 3)
    assert successor.partner.received() == [("p-1", "left"), ("p-2", "joined")]
    await successor.engine.stop()


async def test_a_late_change_is_superseded_and_a_duplicate_is_skipped(bench):
    first = membership("p-1", LEFT, seconds=10, event_id="e-1")
    bench.feed(first, membership("p-1", JOINED, seconds=5, event_id="e-2"), first)
    await bench.settle()
    assert sorted(bench.outcomes()) == [
        ("p-1", "removed", None),
        ("p-1", "skipped", "duplicate"),
        ("p-1", "skipped", "superseded"),
    ]


async def test_a_batch_goes_when_it_is_full_and_rows_have_verdicts_of_their_own(bench):
    bench.publish(connector(action(type="sync_batch"), version=2, revision=2))
    bench.partner.answer = lambda _request: PartnerResponse(207, body=b'["accepted","rejected","try_again"]')
    bench.feed(*(membership(f"p-{n}") for n in range(3)))
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert len(bench.partner.requests) == 1
    assert bench.outcomes() == [("p-0", "sent", None), ("p-1", "partner_error", None)]
    states = {row.state.value for row in bench.logs[0].pending_rows()}
    assert states == {"waiting", "parked"}


async def test_a_batch_goes_when_its_oldest_row_is_old_enough(bench):
    bench.publish(connector(action(type="sync_batch"), version=2, revision=2))
    bench.feed(membership("p-0"), membership("p-1"), membership("p-1", LEFT, seconds=1))
    await bench.settle()
    assert bench.partner.requests == []
    await bench.pass_time(61)
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert bench.outcomes()[0] == ("p-1", "skipped", "superseded")
    assert sorted(bench.partner.received()) == [("p-0", "joined"), ("p-1", "left")]


async def test_a_refused_batch_is_split_until_the_bad_row_is_found(bench):
    bench.publish(connector(action(type="sync_batch"), version=2, revision=2))
    bad = b'"p-1"'
    bench.partner.answer = lambda request: PartnerResponse(413 if bad in request.body else 200)
    bench.feed(*(membership(f"p-{n}") for n in range(3)))
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert sorted(bench.outcomes()) == [("p-0", "sent", None), ("p-1", "partner_error", None), ("p-2", "sent", None)]


async def test_a_job_keeps_its_ticket_until_the_partner_has_answered(bench):
    bench.publish(connector(action(type="sync_job"), version=2, revision=2))
    bench.partner.answer = lambda _request: PartnerResponse(202, body=b"job-7")
    bench.feed(*(membership(f"p-{n}") for n in range(3)))
    await bench.until(lambda: {row.ticket for row in bench.logs[0].pending_rows()} == {"job-7"})
    bench.partner.answer = lambda _request: PartnerResponse(200)
    await bench.pass_time(6)
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert bench.partner.requests[-1]["ticket"] == "job-7"
    await bench.until(lambda: not bench.logs[0].rows)


async def test_refused_credentials_end_a_few_deliveries_and_hold_the_others(bench):
    bench.partner.answer = lambda _request: PartnerResponse(401)
    for number in range(6):
        bench.feed(membership(f"p-{number}"))
        await bench.settle()
    assert [outcome for _, outcome, _ in bench.outcomes()] == ["invalid_credentials", "invalid_credentials"]
    assert len(bench.partner.requests) == 3
    bench.partner.answer = lambda _request: PartnerResponse(200)
    await bench.pass_time(120)
    await bench.until(lambda: len(bench.outcomes()) == 6)
    assert [outcome for _, outcome, _ in bench.outcomes()][2:] == ["sent"] * 4


async def test_nothing_is_sent_without_the_lease_and_everything_once_it_is_back(bench):
    await bench.until(lambda: bench.logs[0] is bench.engine.feeds[0].partition.log)
    bench.may_send = False
    bench.engine.intake.take(bench.engine.feeds[0].partition, bench.record(membership("p-1")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert bench.partner.requests == []
    bench.may_send = True
    await bench.pass_time(1)
    await bench.settle()
    assert bench.outcomes() == [("p-1", "sent", None)]


async def test_a_partner_that_never_answers_ends_in_timeout_after_a_day(bench):
    bench.partner.answer = lambda _request: TransportError(TransportErrorKind.TIMEOUT, "no answer within 3 s")
    bench.feed(membership("p-1"))
    await bench.settle()
    for _ in range(200):
        await bench.pass_time(901)
        if bench.outcomes():
            break
        await bench.until(lambda: bench.partner.running == 0)
    await bench.until(bench.outcomes)
    assert bench.outcomes() == [("p-1", "timeout", "no_answer")]
    assert bench.logs[0].dead_letters[0].outcome.value == "timeout"


async def test_two_actions_of_one_source_one_listening_to_joins_only(bench):
    bench.publish(
        connector(action("act_1"), action("act_2"), version=2, revision=2),
        audience(activation("act_1"), activation("act_2", JOINED), version=2, revision=2),
    )
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", JOINED))
    await bench.settle()
    bench.partner.answer = lambda _request: PartnerResponse(200)
    bench.feed(membership("p-1", LEFT, seconds=5))
    await bench.settle()
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert sorted(bench.outcomes()) == [
        ("p-1", "removed", None),
        ("p-1", "skipped", "superseded"),
        ("p-1", "skipped", "superseded"),
    ]
    assert bench.partner.received()[-1] == ("p-1", "left")


async def test_a_job_that_is_asked_about_in_vain_keeps_its_ticket_and_its_rows_together(bench):
    bench.publish(connector(action(type="sync_job"), version=2, revision=2))
    bench.partner.answer = lambda _request: PartnerResponse(202, body=b"job-7")
    bench.feed(*(membership(f"p-{n}") for n in range(3)))
    await bench.until(lambda: {row.ticket for row in bench.logs[0].pending_rows()} == {"job-7"})
    bench.partner.answer = lambda _request: TransportError(TransportErrorKind.TIMEOUT, "no answer within 3 s")
    await bench.pass_time(6)
    await bench.until(lambda: {row.attempts for row in bench.logs[0].pending_rows()} == {2})
    assert {row.ticket for row in bench.logs[0].pending_rows()} == {"job-7"}
    await bench.engine.release({0})
    successor = Bench()
    successor.logs, successor.clock, successor.next_offset = bench.logs, bench.clock, bench.next_offset
    successor.engine = successor._build()
    successor.publish(connector(), audience(), connector(action(type="sync_job"), version=2, revision=2))
    successor.own(0)
    await successor.until(lambda: 0 in successor.engine.feeds)
    await successor.until(lambda: successor.engine.pending_rows() == 3)
    await successor.pass_time(30)
    await successor.until(lambda: len(successor.outcomes()) == 3)
    assert [len(request["rows"]) for request in successor.partner.requests] == [3]
    assert successor.partner.requests[0]["ticket"] == "job-7"
    await successor.engine.stop()
