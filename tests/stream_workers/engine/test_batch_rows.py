"""Rows that wait in a batch, or with the partner: newer changes, pauses, deactivations and errors find them."""

import asyncio

from connectors.kit.exchange import PartnerResponse
from connectors.records.codec import decode
from connectors.records.delivery import Attempt, RowState
from connectors.records.profile_event import Change
from stream_workers.engine.connector import READY_TO_SPARE
from stream_workers.engine.delivery import JOB
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench
from tests.support.replays import replay

BATCH_SECONDS, JOB_SECONDS, RETRY_SECONDS = 61, 5.1, 10.1


def later(request) -> PartnerResponse:
    """The partner takes what is new, and has done what it is asked about."""
    return PartnerResponse(200) if b'"ticket":"t-1"' in request.body else PartnerResponse(202, body=b"t-1")


async def in_a_job(bench: Bench, *profiles: str) -> None:
    """These have joined, and the partner works on them."""
    bench.partner.answer = later
    bench.feed(*(membership(profile) for profile in profiles))
    await bench.until(lambda: bench.engine.pending_rows() == len(profiles))
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: [row.ticket for row in bench.logs[0].pending_rows()] == ["t-1"] * len(profiles))


# --- while nothing may be sent ---


async def test_a_batch_that_is_due_while_its_connector_is_paused_gives_way_to_newer_changes(bench_of):
    bench = await bench_of("sync_batch")
    bench.publish(connector(action(type="sync_batch"), paused=True, revision=2))
    bench.feed(membership("p-1"))
    await bench.settle()
    await bench.pass_time(BATCH_SECONDS)
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    assert bench.outcomes() == [("p-1", "skipped", "superseded")]
    bench.publish(connector(action(type="sync_batch"), revision=3))
    await bench.until(lambda: bench.outcomes()[1:] == [("p-1", "removed", None)])
    assert bench.partner.received() == [("p-1", "left")]
    await bench.engine.stop()


async def test_a_batch_that_waits_for_a_slot_gives_way_to_newer_changes(bench_of):
    bench = await bench_of("sync_batch", slots=4)
    bench.partner.hold = asyncio.Event()
    bench.feed(*(membership(f"q-{number}") for number in range(3)), membership("p-1"))
    await bench.until(lambda: bench.partner.running)
    await bench.pass_time(BATCH_SECONDS)
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    bench.partner.hold.set()
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: len(bench.outcomes()) == 5)
    assert [change for profile, change in bench.partner.received() if profile == "p-1"] == ["left"]
    await bench.engine.stop()


async def test_rows_of_a_batch_that_is_due_end_when_their_connector_is_deactivated(bench_of):
    bench = await bench_of("sync_batch")
    bench.may_send = False
    bench.feed(membership("p-1"))
    bench.may_send = True
    await bench.settle()
    bench.may_send = False
    await bench.pass_time(BATCH_SECONDS)
    bench.publish(connector(action(type="sync_batch"), paused=True, revision=2))
    bench.publish(connector(action(type="sync_batch"), active=False, activation=2, revision=3))
    await bench.until(lambda: bench.outcomes() == [("p-1", "skipped", "deactivated")])
    await bench.until(lambda: not bench.logs[0].rows)
    await bench.engine.stop()


async def test_what_newer_changes_have_replaced_does_not_gather_while_a_connector_is_paused(bench_of):
    bench = await bench_of("sync_list")
    bench.publish(connector(paused=True, revision=2))
    bench.feed(membership("q-0"))
    for number in range(2 * READY_TO_SPARE):
        change = Change.LEFT if number % 2 else Change.JOINED
        bench.feed(membership("p-1", change, seconds=number))
        if number % 100 == 0:
            await bench.settle()
    await bench.settle()
    bench.engine.dispatcher.tick()
    (busy,) = bench.engine.dispatcher.connectors.values()
    assert len(busy.ready) <= 2 * len(busy.lanes) + READY_TO_SPARE
    bench.publish(connector(revision=3))
    await bench.until(lambda: sorted(bench.partner.received()) == [("p-1", "left"), ("q-0", "joined")])
    await bench.engine.stop()


async def test_batches_that_are_always_open_await_one_timer_each_time(bench_of):
    bench = await bench_of("sync_batch")
    for number in range(20):
        change = Change.LEFT if number % 2 else Change.JOINED
        bench.feed(membership(f"p-{number}", change))
        await bench.settle()
        await bench.pass_time(BATCH_SECONDS / 2)
    await bench.until(lambda: len(bench.outcomes()) >= 18)
    assert len(bench.engine.dispatcher._timers._heap) <= 2
    await bench.engine.stop()


# --- one attempt of a profile at a time ---


async def test_a_row_of_a_batch_waits_for_another_action_of_the_same_profile(bench_of):
    bench = Bench(slots=8)
    actions = (action("act_1", type="sync_batch"), action("act_2", type="sync_list"))
    bench.publish(connector(*actions), audience(activation("act_1"), activation("act_2")))
    bench.own(0)
    first = bench.partner.hold = asyncio.Event()
    bench.feed(membership("q-1"), membership("q-2"), membership("p-1"))
    await bench.until(lambda: bench.partner.running == 2)
    await bench.until(lambda: bench.engine.pending_rows() == 3)
    await bench.pass_time(BATCH_SECONDS)
    second = bench.partner.hold = asyncio.Event()
    first.set()
    await bench.until(lambda: ("p-1", "joined") in bench.partner.received())
    await bench.pass_time(1.1)
    assert bench.partner.received().count(("p-1", "joined")) == 1
    second.set()
    await bench.settle()
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: len(bench.outcomes()) == 6)
    assert bench.partner.received().count(("p-1", "joined")) == 2
    await bench.engine.stop()


# --- with the partner ---


async def test_a_job_is_asked_about_although_a_newer_change_is_not_delivered(bench_of):
    bench = await bench_of("sync_job", Change.JOINED)
    await in_a_job(bench, "p-1")
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    await bench.pass_time(JOB_SECONDS)
    await bench.until(lambda: bench.outcomes() == [("p-1", "sent", None)])
    await bench.engine.stop()


async def test_a_job_that_could_not_be_asked_about_takes_no_fresh_rows_with_it(bench_of):
    bench = await bench_of("sync_job")
    await in_a_job(bench, "p-1")
    bench.clock.advance(JOB_SECONDS)
    bench.engine.dispatcher.wake()
    bench.may_send = False
    await bench.until(lambda: not bench.engine.dispatcher.slots.in_flight)
    bench.may_send = True
    bench.feed(membership("p-2"))
    await bench.settle()
    await bench.pass_time(0.3)
    await bench.until(lambda: bench.outcomes() == [("p-1", "sent", None)])
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: [row.ticket for row in bench.logs[0].pending_rows()] == ["t-1"])
    await bench.pass_time(JOB_SECONDS)
    await bench.until(lambda: bench.outcomes()[1:] == [("p-2", "sent", None)])
    asked = [(request["ticket"], [row["profile_id"] for row in request["rows"]]) for request in bench.partner.requests]
    assert asked == [(None, ["p-1"]), ("t-1", ["p-1"]), (None, ["p-2"]), ("t-1", ["p-2"])]
    await bench.engine.stop()


async def test_rows_with_the_partner_end_when_their_connector_is_deactivated(bench_of):
    bench = await bench_of("sync_job")
    await in_a_job(bench, "p-1", "p-2")
    bench.publish(connector(action(type="sync_job"), active=False, activation=2, revision=2))
    await bench.until(lambda: {reason for _, _, reason in bench.outcomes()} == {"deactivated"})
    await bench.until(lambda: not bench.logs[0].rows)
    await bench.pass_time(JOB_SECONDS)
    assert len(bench.outcomes()) == 2
    assert len(bench.partner.requests) == 1
    await bench.engine.stop()


async def test_rows_with_the_partner_of_what_is_no_longer_wanted_end_at_a_takeover(bench_of):
    bench = await bench_of("sync_job")
    await in_a_job(bench, "p-1")
    await bench.engine.stop()
    successor = Bench()
    successor.logs = bench.logs
    successor.publish(connector(action(type="sync_job"), active=False, activation=2, revision=2), audience())
    successor.own(0)
    await successor.until(lambda: successor.outcomes() == [("p-1", "skipped", "deactivated")])
    await successor.until(lambda: not successor.logs[0].rows)
    await successor.engine.stop()


async def test_a_job_that_fails_after_a_takeover_leaves_the_newer_change_alone(bench_of):
    bench = await bench_of("sync_job")
    await in_a_job(bench, "p-1")
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    await bench.engine.stop()
    successor = Bench()
    successor.logs, successor.next_offset = bench.logs, bench.next_offset
    successor.publish(connector(action(type="sync_job")), audience())
    successor.partner.answer = lambda _request: PartnerResponse(503)
    successor.own(0)
    await successor.until(lambda: successor.engine.pending_rows() == 2)
    await successor.pass_time(BATCH_SECONDS + JOB_SECONDS)
    await successor.until(lambda: successor.outcomes() == [("p-1", "skipped", "superseded")])
    successor.partner.answer = lambda _request: PartnerResponse(200)
    await successor.pass_time(BATCH_SECONDS)
    await successor.until(lambda: successor.outcomes()[1:] == [("p-1", "removed", None)])
    await successor.engine.stop()


async def test_a_job_that_failed_is_found_by_newer_changes_however_often_it_is_begun(bench_of):
    bench = await bench_of("sync_job")
    await in_a_job(bench, "p-1")
    for _ in range(2):
        bench.partner.answer = lambda _request: PartnerResponse(503)
        await bench.pass_time(JOB_SECONDS)
        await bench.until(lambda: [row.ticket for row in bench.logs[0].pending_rows()] == [None])
        assert not any(key.endswith(JOB) for key in bench.logs[0].rows)
        bench.partner.answer = later
        await bench.pass_time(100)
        await bench.pass_time(BATCH_SECONDS)
        await bench.until(lambda: [row.ticket for row in bench.logs[0].pending_rows()] == ["t-1"])
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    bench.partner.answer = lambda _request: PartnerResponse(503)
    await bench.pass_time(JOB_SECONDS)
    await bench.until(lambda: bench.outcomes() == [("p-1", "skipped", "superseded")])
    await bench.engine.stop()


# --- what the partner says of a batch that it took ---


async def test_what_the_partner_says_of_a_whole_batch_is_kept_once(bench_of):
    bench = await bench_of("sync_batch")
    bench.feed(membership("p-1"))
    await bench.settle()
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: len(bench.outcomes()) == 1)
    bench.partner.answer = lambda _request: PartnerResponse(206, body=b"1 of 3 rows was not taken")
    bench.feed(membership("p-2"), membership("p-3"), membership("p-4"))
    await bench.until(lambda: len(bench.outcomes()) == 4)
    await bench.until(lambda: len(bench.logs[0].attempts) == 2)
    sampled, told = (decode(Attempt, value) for value in bench.logs[0].attempts)
    assert (sampled.profile_id, sampled.detail) == ("p-1", None)
    assert (told.verdict, told.outcome, told.rows, told.detail) == ("accepted", "sent", 3, "1 of 3 rows was not taken")
    await bench.engine.stop()


# --- errors and replays ---


async def test_a_row_that_the_partners_job_refused_can_be_replayed(bench_of):
    bench = await bench_of("sync_job")
    await in_a_job(bench, "p-1")
    bench.partner.answer = lambda _request: PartnerResponse(422)
    await bench.pass_time(JOB_SECONDS)
    await bench.until(lambda: [row.state for row in bench.logs[0].pending_rows()] == [RowState.PARKED])
    bench.partner.answer = lambda _request: PartnerResponse(200)
    bench.engine.command(0, 0, replay(*bench.logs[0].dead_letters))
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: bench.outcomes()[1:] == [("p-1", "sent", None)])
    await bench.until(lambda: not bench.logs[0].rows)
    await bench.engine.stop()


async def test_an_error_of_a_retry_is_not_parked_when_a_newer_change_has_come(bench_of):
    bench = await bench_of("sync_list")
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1"))
    await bench.settle()
    bench.partner.hold = asyncio.Event()
    bench.partner.answer = lambda request: PartnerResponse(422 if b"joined" in request.body else 200)
    await bench.pass_time(RETRY_SECONDS)
    await bench.until(lambda: bench.partner.running)
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    bench.partner.hold.set()
    await bench.until(lambda: bench.outcomes()[1:] == [("p-1", "removed", None)])
    bench.engine.command(0, 0, replay(*bench.logs[0].dead_letters))
    await bench.until(lambda: bench.outcomes()[2:] == [("p-1", "skipped", "superseded")])
    assert bench.partner.received()[-1] == ("p-1", "left")
    await bench.engine.stop()


async def test_a_row_of_a_batch_says_why_it_cannot_be_sent_when_its_action_is_broken(bench_of):
    bench = await bench_of("sync_batch")
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1"))
    await bench.settle()
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: [row.attempts for row in bench.logs[0].pending_rows()] == [1])
    broken = action(type="sync_batch", mapping={"note": "{{ profile.identifiers.email | no_such_filter }}"})
    bench.publish(connector(broken, revision=2))
    await bench.pass_time(RETRY_SECONDS)
    await bench.until(lambda: bench.outcomes() == [("p-1", "other_error", "misconfigured")])
    await bench.engine.stop()
