"""Replays: a dead letter goes again while nothing newer has come, with today's configuration, once."""

import asyncio

import pytest

from connectors.kit.exchange import PartnerResponse
from connectors.records.codec import decode
from connectors.records.delivery import Attempt, CommandKind, DeadLetter, RowState
from connectors.records.profile_event import Change
from stream_workers.shell.partition_transaction import Fenced
from tests.support.builders import action, activation, audience, connector, feed, membership, plain_event
from tests.support.engine import Bench
from tests.support.replays import replay


@pytest.fixture
async def bench():
    bench = Bench()
    bench.publish(connector(), audience(), feed(activation("act_1", Change.OCCURRED)))
    bench.own(0)
    yield bench
    await bench.engine.stop()


async def failed(bench: Bench, *events) -> list[DeadLetter]:
    bench.partner.answer = lambda _request: PartnerResponse(422)
    bench.feed(*events)
    await bench.settle()
    bench.partner.answer = lambda _request: PartnerResponse(200)
    return bench.logs[0].dead_letters


async def test_a_replay_is_rendered_with_todays_configuration_and_has_its_own_outcome(bench):
    letters = await failed(bench, membership("p-1"))
    bench.publish(connector(action(mapping={"note": "mended"}), version=2, revision=2))
    bench.engine.command(0, 0, replay(*letters, run=7))
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert bench.partner.requests[-1]["rows"][0]["note"] == "mended"
    last = bench.logs[0].outcomes[-1]
    assert (last.outcome.value, last.run, last.delivery_id) == ("sent", 7, letters[0].delivery_id)
    await bench.until(lambda: not bench.logs[0].rows)


async def test_every_replay_leaves_its_attempt_for_the_explorer(bench):
    letters = await failed(bench, membership("p-1"), membership("p-2"))
    bench.engine.command(0, 0, replay(*letters, run=7))
    await bench.until(lambda: len(bench.outcomes()) == 4)
    attempts = [decode(Attempt, value) for value in bench.logs[0].attempts]
    assert sorted(one.profile_id for one in attempts if one.run == 7) == ["p-1", "p-2"]


async def refused_job(bench: Bench, *events) -> list[DeadLetter]:
    bench.publish(connector(action(type="sync_job"), version=2, revision=2))
    bench.partner.answer = lambda _request: PartnerResponse(202, body=b"job-7")
    bench.feed(*events)
    await bench.settle()
    await bench.pass_time(61)
    await bench.until(lambda: [row.ticket for row in bench.logs[0].pending_rows()] == ["job-7"] * len(events))
    bench.partner.answer = lambda _request: PartnerResponse(422)
    await bench.pass_time(6)
    await bench.until(lambda: len(bench.outcomes()) == len(events))
    bench.partner.answer = lambda _request: PartnerResponse(200)
    return bench.logs[0].dead_letters


async def test_what_the_partners_job_has_refused_can_be_replayed(bench):
    letters = await refused_job(bench, membership("p-1"))
    bench.engine.command(0, 0, replay(*letters))
    await bench.pass_time(61)
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert bench.outcomes()[-1] == ("p-1", "sent", None)
    assert bench.partner.requests[-1]["ticket"] is None
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_newer_change_clears_what_the_partners_job_has_refused(bench):
    await refused_job(bench, membership("p-1"))
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    await bench.pass_time(61)
    await bench.until(lambda: len(bench.outcomes()) == 2)
    await bench.until(lambda: not bench.logs[0].rows)
    assert not bench.engine.feeds[0].partition.parked


async def test_a_replay_is_dropped_when_a_newer_change_has_come(bench):
    letters = await failed(bench, membership("p-1"))
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    bench.engine.command(0, 0, replay(*letters))
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert bench.outcomes()[-1] == ("p-1", "skipped", "superseded")
    assert bench.partner.received()[-1] == ("p-1", "left")


async def test_a_command_is_carried_out_once(bench):
    letters = await failed(bench, membership("p-1"))
    bench.engine.command(0, 0, replay(*letters))
    await bench.until(lambda: bench.logs[0].position.commands_next == 1)
    await bench.until(lambda: len(bench.outcomes()) == 2)
    bench.engine.command(0, 0, replay(*letters))
    bench.feed(membership("p-2"))
    await bench.settle()
    assert [profile for profile, _, _ in bench.outcomes()] == ["p-1", "p-1", "p-2"]


async def test_a_command_that_comes_during_a_takeover_waits_for_its_end(bench):
    letters = await failed(bench, membership("p-1"))
    log, restored = bench.logs[0], asyncio.Event()
    recent = log.recent

    async def recent_later(wanted, take):
        await restored.wait()
        await recent(wanted, take)

    log.recent = recent_later
    log.fail_with.append(Fenced("somebody else has it"))
    bench.feed(membership("p-2"))
    await bench.until(lambda: log.read == 2)
    assert bench.left == [0]
    bench.engine.command(0, 0, replay(*letters, run=7))
    restored.set()
    await bench.until(lambda: bench.followed == [(0, 0), (0, 0)])
    bench.engine.command(0, 0, replay(*letters, run=7))
    await bench.until(lambda: not log.rows)
    assert [one.outcome.value for one in log.outcomes if one.run == 7] == ["sent"]


async def test_a_plain_event_is_replayed_although_it_is_no_state(bench):
    letters = await failed(bench, plain_event("p-1"), plain_event("p-1", seconds=1))
    bench.engine.command(0, 0, replay(*letters))
    await bench.until(lambda: len(bench.outcomes()) == 4)
    assert [outcome for _, outcome, _ in bench.outcomes()][2:] == ["sent", "sent"]
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_cancelled_replay_starts_nothing_more(bench):
    letters = await failed(bench, membership("p-1"), membership("p-2"))
    bench.publish(connector(paused=True, revision=2))
    bench.engine.command(0, 0, replay(letters[0], run=3))
    bench.engine.command(0, 1, replay(run=3, kind=CommandKind.CANCEL))
    bench.engine.command(0, 2, replay(letters[1], run=3))
    await bench.until(lambda: len(bench.outcomes()) == 4)
    assert {reason for _, outcome, reason in bench.outcomes() if outcome == "skipped"} == {"cancelled"}


async def test_a_replay_that_was_cancelled_can_be_asked_for_again(bench):
    letters = await failed(bench, membership("p-1"))
    bench.publish(connector(paused=True, revision=2))
    bench.engine.command(0, 0, replay(*letters, run=3))
    bench.engine.command(0, 1, replay(run=3, kind=CommandKind.CANCEL))
    await bench.until(lambda: bench.outcomes()[1:] == [("p-1", "skipped", "cancelled")])
    await bench.until(lambda: [row.state for row in bench.logs[0].pending_rows()] == [RowState.PARKED])
    bench.publish(connector(revision=3))
    bench.engine.command(0, 2, replay(*letters, run=4))
    await bench.until(lambda: bench.outcomes()[2:] == [("p-1", "sent", None)])
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_replay_that_is_cancelled_while_it_runs_is_tried_no_more_and_parked_again(bench):
    letters = await failed(bench, membership("p-1"))
    bench.partner.answer, bench.partner.hold = lambda _request: PartnerResponse(503), asyncio.Event()
    bench.engine.command(0, 0, replay(*letters, run=3))
    await bench.until(lambda: bench.partner.running)
    bench.engine.command(0, 1, replay(run=3, kind=CommandKind.CANCEL))
    bench.partner.hold.set()
    await bench.until(lambda: bench.outcomes()[1:] == [("p-1", "skipped", "cancelled")])
    await bench.until(lambda: [row.state for row in bench.logs[0].pending_rows()] == [RowState.PARKED])


async def test_a_newer_change_takes_the_place_of_a_cancelled_replay(bench):
    letters = await failed(bench, membership("p-1"))
    bench.publish(connector(paused=True, revision=2))
    bench.engine.command(0, 0, replay(*letters, run=3))
    bench.engine.command(0, 1, replay(run=3, kind=CommandKind.CANCEL))
    bench.publish(connector(revision=3))
    bench.feed(membership("p-1", Change.LEFT, seconds=5))
    await bench.settle()
    await bench.until(lambda: not bench.logs[0].rows)
    bench.engine.command(0, 2, replay(*letters, run=4))
    await bench.until(lambda: bench.outcomes()[-1] == ("p-1", "skipped", "superseded"))
    assert bench.partner.received()[1:] == [("p-1", "left")]


async def test_deactivation_makes_dead_letters_final(bench):
    letters = await failed(bench, membership("p-1"))
    assert len(bench.logs[0].rows) == 1
    bench.publish(connector(active=False, activation=2, revision=2))
    await bench.until(lambda: not bench.logs[0].rows)
    bench.publish(connector(active=True, activation=3, revision=3))
    bench.engine.command(0, 0, replay(*letters))
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert bench.outcomes()[-1] == ("p-1", "skipped", "superseded")


async def test_taking_an_action_off_its_audience_makes_its_dead_letters_final(bench):
    await failed(bench, membership("p-1"))
    bench.publish(audience(activation("act_other"), version=2, revision=2))
    await bench.until(lambda: not bench.logs[0].rows)


async def test_a_parked_row_survives_a_takeover(bench):
    letters = await failed(bench, membership("p-1"))
    await bench.engine.release({0})
    successor = Bench()
    successor.logs, successor.clock, successor.next_offset = bench.logs, bench.clock, bench.next_offset
    successor.engine = successor._build()
    successor.publish(connector(), audience(), feed(activation("act_1", Change.OCCURRED)))
    successor.own(0)
    await successor.until(lambda: successor.engine.feeds[0].partition.parked)
    successor.engine.command(0, 0, replay(*letters))
    await successor.until(lambda: len(successor.outcomes()) == 2)
    assert successor.partner.received() == [("p-1", "joined")]
    await successor.engine.stop()


async def test_the_retry_clock_stands_still_during_a_pause(bench):
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1"))
    await bench.settle()
    bench.publish(connector(paused=True, revision=2))
    await bench.pass_time(3 * 24 * 3600)
    bench.publish(connector(paused=False, resumed_at=bench.clock.now_ms(), revision=3))
    await bench.until(lambda: len(bench.partner.requests) == 2)
    await bench.until(lambda: bench.partner.running == 0)
    assert bench.outcomes() == []
    assert len(bench.logs[0].rows) == 1
