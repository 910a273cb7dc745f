"""Replays: planned before anything is sent, handed over once, cancelled at any time, and counted by how they ended."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.records.codec import decode
from connectors.records.delivery import Command, CommandKind, Reason
from connectors.records.metrics_table import run_counts
from connectors.records.profile_event import MembershipEvent
from control_plane.database.models import JobCommand, KeptDeadLetter
from control_plane.job.command_topic import CommandOut
from control_plane.job.sender import JobSender, Pace
from control_plane.publishing.config_topic import Fenced, KafkaUnreachable
from tests.support.builders import membership
from tests.support.plane import Plane
from tests.support.reports import Reporter, dead_letter, refused_record
from tests.support.waiting import eventually_true

NOW = datetime.now(UTC)
QUICK = Pace(poll_seconds=0.02, chunk_seconds=0, retry_seconds=0.02, standby_seconds=0.1)


class WatchedCommands:
    """What is on the topic; `loses_answers` publications are written and then look as if they had failed."""

    def __init__(self, loses_answers: int = 0, fences: int = 0) -> None:
        self.written: list[CommandOut] = []
        self.loses_answers = loses_answers
        self.fences = fences
        self.opened = 0

    async def open(self) -> None:
        self.opened += 1

    async def written_since(self, moment: datetime) -> set[str]:
        assert moment < datetime.now(UTC)
        return {command.mark for command in self.written}

    async def publish(self, commands: Sequence[CommandOut]) -> None:
        if self.fences:
            self.fences -= 1
            raise Fenced("another one is at work")
        self.written.extend(commands)
        if self.loses_answers:
            self.loses_answers -= 1
            raise KafkaUnreachable("the commit had no answer")

    async def close(self) -> None:
        pass

    @property
    def commands(self) -> list[Command]:
        return [decode(Command, command.value) for command in self.written]

    def delivery_ids(self) -> list[str]:
        return [item.delivery_id for command in self.commands for item in command.items]


async def planned(plane: Plane, selection: dict[str, Any], **more: Any) -> Any:
    return await plane.call("POST", "/v1/jobs", 201, json={"kind": "replay", "selection": selection} | more)


async def started(plane: Plane, selection: dict[str, Any], **more: Any) -> str:
    job = await planned(plane, selection, **more)
    await plane.call("POST", f"/v1/jobs/{job['id']}/start", 202)
    return str(job["id"])


async def sent(plane: Plane, topic: WatchedCommands) -> None:
    """Everything that can be handed over is on the topic."""
    async with JobSender(plane.parts.database, topic, QUICK).running():

        async def idle() -> bool:
            jobs = (await plane.call("GET", "/v1/jobs", 200))["items"]
            async with plane.parts.database.transaction(write=False) as session:
                waiting = await session.scalar(select(func.count()).select_from(JobCommand))
            return not waiting and all(job["state"] != "running" for job in jobs)

        await eventually_true(idle)


async def ended(plane: Plane, run: int, **counts: int) -> None:
    """What the metrics agent would have counted; `class` or `class__reason`."""
    names = [name.split("__") if "__" in name else [name, ""] for name in counts]
    rows = [
        {"run": run, "class": class_, "reason": reason, "count": count}
        for (class_, reason), count in zip(names, counts.values(), strict=True)
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(run_counts.insert(), rows)


async def test_a_plan_says_what_would_be_sent_and_sends_nothing(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    mine = {"connector_id": connector_id, "action_id": action_id}
    reporter = Reporter(plane)
    await reporter.report(
        dead_letter("dlv_1", at=NOW - timedelta(minutes=9), **mine),
        dead_letter("dlv_2", at=NOW - timedelta(minutes=8), **mine),
        dead_letter("dlv_1", at=NOW - timedelta(minutes=7), run=1, **mine),
        dead_letter("dlv_3", action_id="act_gone"),
        refused_record(),
    )
    job = await planned(plane, {})
    plan = job["plan"]
    assert (plan["matching"], plan["will_send"], plan["not_replayable"], plan["replaced"]) == (5, 3, 1, 1)
    told = {(each["action_id"], each["name"], each["active"], each["count"]) for each in plan["actions"]}
    assert told == {(action_id, "VIPs", True, 2), ("act_gone", None, False, 1)}
    topic = WatchedCommands()
    await sent(plane, topic)
    assert (topic.written, job["state"]) == ([], "planned")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"reason": "unauthorized"}, ["dlv_1"]),
        ({"connector_id": "con_2"}, ["dlv_2"]),
        ({"action_id": "act_2"}, ["dlv_3"]),
        ({"since": (NOW - timedelta(minutes=2)).isoformat()}, ["dlv_2", "dlv_1"]),
        ({"until": (NOW - timedelta(minutes=2)).isoformat()}, ["dlv_4", "dlv_3"]),
        ({}, ["dlv_4", "dlv_3", "dlv_2", "dlv_1"]),
    ],
)
async def test_a_replay_sends_what_its_filter_finds_oldest_first(
    plane: Plane, selection: dict[str, str], expected: list[str]
) -> None:
    changes: list[dict[str, Any]] = [
        {"reason": Reason.UNAUTHORIZED},
        {"connector_id": "con_2"},
        {"action_id": "act_2"},
        {},
    ]
    letters = [
        dead_letter(f"dlv_{number}", at=NOW - timedelta(minutes=number), **change)
        for number, change in enumerate(changes, start=1)
    ]
    await Reporter(plane).report(*letters, dead_letter("dlv_other", workspace="other"), refused_record())
    topic = WatchedCommands()
    await started(plane, selection)
    await sent(plane, topic)
    assert topic.delivery_ids() == expected


async def test_chosen_letters_are_sent_and_no_others(plane: Plane) -> None:
    await Reporter(plane).report(
        *(dead_letter(f"dlv_{number}") for number in range(3)), dead_letter("x", workspace="other")
    )
    async with plane.parts.database.transaction(write=False) as session:
        ids = {row[0]: row[1] for row in await session.execute(select(KeptDeadLetter.delivery_id, KeptDeadLetter.id))}
    topic = WatchedCommands()
    await started(plane, {"ids": [ids["dlv_2"], ids["x"]]})
    await sent(plane, topic)
    assert topic.delivery_ids() == ["dlv_2"]


async def test_a_command_holds_what_the_owner_of_the_partition_needs(plane: Plane) -> None:
    await Reporter(plane).report(dead_letter("dlv_1", partition=3, offset=99, event=membership("ada")))
    topic = WatchedCommands()
    job_id = await started(plane, {})
    await sent(plane, topic)
    (out,), (command,) = topic.written, topic.commands
    (item,) = command.items
    assert (out.partition, command.kind, command.job_id, command.workspace) == (
        3,
        CommandKind.REPLAY,
        job_id,
        "default",
    )
    assert (item.delivery_id, item.offset, item.appended_at) == ("dlv_1", 99, 1_700_000_000_000)
    assert b'"profile_id":"ada"' in bytes(item.event)
    assert isinstance(membership("ada"), MembershipEvent)
    job = await plane.call("GET", f"/v1/jobs/{job_id}", 200)
    assert (command.run, job["state"], job["progress"]["handed_over"]) == (job["number"], "delivering", 1)


async def test_many_are_cut_into_commands_of_a_hundred_by_partition(plane: Plane) -> None:
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}", partition=number % 2) for number in range(1203)))
    topic = WatchedCommands()
    await started(plane, {})
    await sent(plane, topic)
    assert sorted(topic.delivery_ids()) == sorted(f"dlv_{number}" for number in range(1203))
    assert max(len(command.items) for command in topic.commands) == 100


async def test_large_events_make_small_commands(plane: Plane) -> None:
    event = membership("ada", attributes={"essay": "x" * 400_000})
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}", event=event) for number in range(5)))
    topic = WatchedCommands()
    await started(plane, {})
    await sent(plane, topic)
    assert [len(command.items) for command in topic.commands] == [2, 2, 1]


async def test_nothing_is_sent_twice_when_the_answer_to_a_commit_is_lost(plane: Plane) -> None:
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}") for number in range(1100)))
    topic = WatchedCommands(loses_answers=2)
    await started(plane, {})
    await sent(plane, topic)
    assert topic.opened == 3
    assert sorted(topic.delivery_ids()) == sorted(f"dlv_{number}" for number in range(1100))


async def test_a_job_goes_on_after_a_restart(plane: Plane) -> None:
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}") for number in range(1600)))
    topic = WatchedCommands()
    await started(plane, {})
    sender = JobSender(plane.parts.database, topic, QUICK)
    await sender.step()
    await sender.step()
    await sent(plane, topic)
    assert sorted(topic.delivery_ids()) == sorted(f"dlv_{number}" for number in range(1600))


async def test_two_senders_hand_over_what_one_would(plane: Plane) -> None:
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}") for number in range(600)))
    topic = WatchedCommands(fences=1)
    await started(plane, {})
    async with JobSender(plane.parts.database, WatchedCommands(fences=10**9), QUICK).running():
        await sent(plane, topic)
    assert sorted(topic.delivery_ids()) == sorted(f"dlv_{number}" for number in range(600))


async def test_what_was_replayed_is_not_sent_again_unless_asked_for(plane: Plane) -> None:
    await Reporter(plane).report(dead_letter("dlv_1"))
    topic = WatchedCommands()
    first = await started(plane, {})
    await sent(plane, topic)
    again = await planned(plane, {})
    assert (again["plan"]["will_send"], again["plan"]["already_replayed"]) == (0, 1)
    refused = await plane.call("POST", f"/v1/jobs/{again['id']}/start", 409)
    assert refused["code"] == "nothing_to_send"
    (letter,) = (await plane.call("GET", "/v1/dead-letters", 200))["items"]
    assert letter["replayed_by"] == first
    await started(plane, {}, include_replayed=True)
    await sent(plane, topic)
    assert topic.delivery_ids() == ["dlv_1", "dlv_1"]
    assert topic.commands[0].run < topic.commands[1].run


async def test_progress_is_what_the_run_ended_as(plane: Plane) -> None:
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}") for number in range(6)))
    job_id = await started(plane, {})
    await sent(plane, WatchedCommands())
    job = await plane.call("GET", f"/v1/jobs/{job_id}", 200)
    await ended(plane, job["number"], sent=2, skipped__superseded=1, partner_error__rejected=1, timeout=1)
    progress = (await plane.call("GET", f"/v1/jobs/{job_id}", 200))["progress"]
    assert (progress["ended"], progress["waiting"], progress["sent"]) == (5, 1, 2)
    assert (progress["skipped"], progress["errors"]) == ({"superseded": 1}, {"partner_error": 1, "timeout": 1})
    await ended(plane, job["number"], removed=1)
    job = await plane.call("GET", f"/v1/jobs/{job_id}", 200)
    assert (job["state"], job["progress"]["waiting"]) == ("finished", 0)
    assert (await plane.call("POST", f"/v1/jobs/{job_id}/cancel", 409))["code"] == "finished"


async def test_a_cancelled_job_sends_nothing_more_and_tells_every_partition(plane: Plane) -> None:
    await Reporter(plane).report(*(dead_letter(f"dlv_{number}") for number in range(1200)))
    topic = WatchedCommands()
    job_id = await started(plane, {})
    sender = JobSender(plane.parts.database, topic, QUICK)
    await sender.step()
    await plane.call("POST", f"/v1/jobs/{job_id}/cancel", 202)
    await sent(plane, topic)
    *replays, cancel = topic.written
    assert (cancel.partition, topic.commands[-1].kind) == (None, CommandKind.CANCEL)
    assert len(topic.delivery_ids()) == 500
    assert {command.partition for command in replays} == {0}
    job = await plane.call("POST", f"/v1/jobs/{job_id}/cancel", 202)
    assert (job["state"], job["progress"]["handed_over"]) == ("cancelled", 500)


async def test_a_planned_job_that_is_cancelled_never_starts(plane: Plane) -> None:
    await Reporter(plane).report(dead_letter("dlv_1"))
    job = await planned(plane, {})
    await plane.call("POST", f"/v1/jobs/{job['id']}/cancel", 202)
    assert (await plane.call("POST", f"/v1/jobs/{job['id']}/start", 409))["code"] == "not_planned"
    topic = WatchedCommands()
    await sent(plane, topic)
    assert topic.written == []


async def test_jobs_are_listed_audited_and_repeatable(plane: Plane) -> None:
    body = {"selection": {"reason": "rejected"}}
    headers = {"Idempotency-Key": "once"}
    first, second = [await plane.call("POST", "/v1/jobs", 201, json=body, headers=headers) for _ in range(2)]
    third = await planned(plane, {})
    assert first == second
    listed = (await plane.call("GET", "/v1/jobs", 200))["items"]
    assert [job["id"] for job in listed] == [third["id"], first["id"]]
    assert third["number"] > first["number"]
    entries = (await plane.call("GET", "/v1/audit?kind=job", 200))["items"]
    assert [entry["change"] for entry in entries] == ["planned", "planned"]


@pytest.mark.parametrize("selection", [{"ids": []}, {"ids": ["a"], "reason": "x"}, {"colour": "red"}, None])
async def test_a_selection_that_makes_no_sense_is_refused(plane: Plane, selection: Any) -> None:
    await plane.call("POST", "/v1/jobs", 422, json={"kind": "replay", "selection": selection})
