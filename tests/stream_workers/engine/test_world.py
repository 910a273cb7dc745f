"""Whatever happens to workers, partner, commits and configuration: one end per delivery, and the newest change wins."""

import asyncio
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from connectors.records.delivery import OutcomeClass, Reason
from connectors.records.profile_event import Change, MembershipEvent
from stream_workers.core.identity import delivery_id
from stream_workers.core.versions import version_of
from stream_workers.engine import engine as engine_module
from stream_workers.engine import partition as partition_module
from tests.support.builders import action, activation, audience, connector
from tests.support.replays import replay
from tests.support.scripted_partner import Sent
from tests.support.world import PARTITIONS, Worker, World

ACCEPTED = (OutcomeClass.SENT, OutcomeClass.REMOVED)
PROFILES = ("ada", "bob", "cyd")
HORIZON_SECONDS = 280
EXAMPLES = int(os.environ.get("PATCHBAY_TEST_EXAMPLES", "25"))
"""`make faults` asks for many more."""


def partition_of(profile: str) -> int:
    return PROFILES.index(profile) % PARTITIONS


class WorldMachine(RuleBasedStateMachine):
    """Rules are what may happen; the teardown heals everything and counts, then switches it off and counts again."""

    action_type = "sync_list"
    has_quick_partner = False

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = self.runner.run(_new_world(self.action_type, self.has_quick_partner))
        self.world.partner.jobs = self.action_type == "sync_job"
        self.replayed: Counter[tuple[str, int, int]] = Counter()
        self.world.partner.begun = self._begun
        self.overtaken: list[Sent] = []
        self.elapsed = 0.0
        self.events = 0
        self.last: MembershipEvent | None = None
        self.revision = 1
        self.activation = 1
        self.active = True
        self.zombies: list[tuple[Worker, int]] = []

    def run(self, coroutine: Any) -> None:
        self.runner.run(coroutine)

    def _begun(self, sent: Sent) -> None:
        topics = self.world.topics[partition_of(sent.profile)]
        for outcome in topics.outcomes:
            newer = self.world.versions[outcome.delivery_id] > sent.version
            same = outcome.profile_id == sent.profile and outcome.action_id == "act_1"
            if newer and same and outcome.outcome in ACCEPTED:
                self.overtaken.append(sent)

    @initialize(workers=st.integers(1, 2))
    def begin(self, workers: int) -> None:
        async def begin() -> None:
            for _ in range(workers):
                self.world.join()
            for partition in range(PARTITIONS):
                self.world.assign(partition, self.world.workers[partition % workers])
            await self.world.turn(2)

        self.run(begin())

    # --- events ---

    @rule(
        profile=st.sampled_from(PROFILES),
        change=st.sampled_from((Change.JOINED, Change.LEFT)),
        age=st.sampled_from((0.0, 0.0, 0.0, 5.0, 60.0, -3600.0)),
        named=st.booleans(),
    )
    def something_changes(self, profile: str, change: Change, age: float, named: bool) -> None:
        self.events += 1
        event = self.world.change(profile, change, age, f"e-{self.events}" if named else None)
        self._append(event)

    @precondition(lambda self: self.last is not None and self.last.event_id is not None)
    @rule()
    def the_last_event_comes_again(self) -> None:
        assert self.last is not None
        self._append(self.last)

    def _append(self, event: MembershipEvent) -> None:
        self.last = event
        partition = partition_of(event.profile_id)
        offset = self.world.append(event, partition)
        for action_id in ("act_1", "act_2"):
            key = delivery_id(event, action_id, partition, offset)
            self.world.versions.setdefault(key, version_of(event, self.world.clock.now_ms(), offset))
        self.world.partner.quick.add(key)
        self.run(self.world.turn(1))

    @rule(turns=st.integers(1, 5))
    def the_loop_turns(self, turns: int) -> None:
        self.run(self.world.turn(turns))

    @precondition(lambda self: self.elapsed < HORIZON_SECONDS)
    @rule(seconds=st.sampled_from((1.0, 11.0, 25.0, 61.0)))
    def time_passes(self, seconds: float) -> None:
        self.elapsed += seconds
        self.run(self.world.pass_time(seconds))

    # --- the partner ---

    @rule(mood=st.sampled_from(("healthy", "failing", "hanging", "rejecting", "every other")))
    def the_partner_changes(self, mood: str) -> None:
        self.world.partner.mood = mood

    @rule()
    def what_hangs_is_answered(self) -> None:
        self.world.partner.let_go()
        self.run(self.world.turn(1))

    # --- replays ---

    @precondition(lambda self: any(topics.dead_letters for topics in self.world.topics))
    @rule(partition=st.integers(0, PARTITIONS - 1), back=st.integers(1, 3))
    def a_dead_letter_is_replayed(self, partition: int, back: int) -> None:
        letters = self.world.topics[partition].dead_letters
        if letters:
            letter, commands = letters[-min(back, len(letters))], self.world.commands[partition]
            commands.append(replay(letter, run=len(commands) + 1))
            self.replayed[letter.delivery_id, letter.offset, len(commands)] += 1
        self.run(self.world.turn(1))

    # --- configuration ---

    @rule(paused=st.booleans())
    def the_connector_is_paused_or_resumed(self, paused: bool) -> None:
        self._publish(paused=paused)

    @rule()
    def the_connector_is_deactivated_or_activated(self) -> None:
        self._switch(active=not self.active)

    def _publish(self, **changes: Any) -> None:
        self.revision += 1
        changes = {"active": self.active, "activation": self.activation, "revision": self.revision, **changes}

        async def publish() -> None:
            self.world.publish(connector(action("act_1", type=self.action_type), **changes))
            await self.world.turn(1)

        self.run(publish())

    # --- workers ---

    @rule(partition=st.integers(0, PARTITIONS - 1), behind=st.integers(0, 4))
    def a_partition_moves(self, partition: int, behind: int) -> None:
        async def move() -> None:
            await self.world.revoke(partition)
            owners = [worker for worker in self.world.living() if not worker.frozen]
            new = owners[-1] if len(owners) > 1 and owners[0] is self.world.owners.get(partition) else owners[0]
            if len(self.world.workers) < 5 and len(owners) < 2:
                new = self.world.join()
            self.world.assign(partition, new, behind)
            await self.world.turn(1)

        self.run(move())

    @rule(partition=st.integers(0, PARTITIONS - 1), behind=st.integers(0, 4), turns=st.integers(0, 3))
    def a_rebalance_takes_a_partition_and_gives_it_back(self, partition: int, behind: int, turns: int) -> None:
        async def give_back() -> None:
            owner = self.world.owners.get(partition)
            if owner is None or owner.frozen:
                return
            await self.world.revoke(partition)
            self.world.assign(partition, owner, behind)
            await self.world.turn(turns)

        self.run(give_back())

    @precondition(lambda self: any(not worker.frozen for worker in self.world.living()))
    @rule(behind=st.integers(0, 4))
    def a_worker_crashes(self, behind: int) -> None:
        async def crash() -> None:
            victim = next(worker for worker in self.world.living() if not worker.frozen)
            lost = [partition for partition, owner in self.world.owners.items() if owner is victim]
            self.world.crash(victim)
            survivors = [worker for worker in self.world.living() if not worker.frozen]
            heir = survivors[0] if survivors else self.world.join()
            for partition in lost:
                self.world.assign(partition, heir, behind)
            await self.world.turn(2)

        self.run(crash())

    @rule(partition=st.integers(0, PARTITIONS - 1))
    def a_worker_freezes_and_its_partition_goes_to_another(self, partition: int) -> None:
        async def freeze() -> None:
            victim = self.world.owners.get(partition)
            if victim is None or victim.frozen or any(owner is victim for owner, _ in self.zombies):
                return
            victim.frozen = True
            heirs = [worker for worker in self.world.living() if not worker.frozen]
            heir = heirs[0] if heirs else self.world.join()
            for number in [one for one, owner in self.world.owners.items() if owner is victim]:
                self.world.assign(number, heir)
                self.zombies.append((victim, number))
            await self.world.turn(3)

        self.run(freeze())

    @precondition(lambda self: bool(self.zombies))
    @rule()
    def the_frozen_worker_thaws(self) -> None:
        self.run(self._thaw())

    async def _thaw(self) -> None:
        victims = {worker.number: worker for worker, _ in self.zombies}
        lost, self.zombies = self.zombies, []
        for victim in victims.values():
            await self.world.turn(2)
            numbers = {number for worker, number in lost if worker is victim}
            await self.world.released(victim, numbers)
            victim.frozen = False
        await self.world.turn(1)

    @rule(
        partition=st.integers(0, PARTITIONS - 1),
        trouble=st.sampled_from(("aborted", "unknown, committed", "unknown, lost")),
    )
    def a_commit_will_fail(self, partition: int, trouble: str) -> None:
        self.world.topics[partition].trouble.append(trouble)

    # --- the end ---

    def teardown(self) -> None:
        try:
            if self.world.workers:
                self._come_to_rest()
                self._count()
                self._go_off()
                self._count()
        finally:
            self.run(self.world.stop())
            self.runner.close()

    def _come_to_rest(self) -> None:
        """Everything is healed, and what waits ends."""
        for topics in self.world.topics:
            topics.trouble.clear()
        self.run(self._thaw())
        self.run(self._all_owned())
        self._switch(active=True)
        self._drain("healthy")

    def _go_off(self) -> None:
        """The connector goes off while the partner has something of everyone, and the partner then fails it."""
        self.world.partner.mood = "hanging"
        for profile in PROFILES:
            self.something_changes(profile, Change.JOINED, 0.0, named=False)
        self.time_passes(61.0)
        self._switch(active=False)
        self._drain("failing")

    def _drain(self, mood: str) -> None:
        self.world.partner.mood = mood
        self.world.partner.let_go()
        self.run(self.world.drain(self.world.is_at_rest))

    def _switch(self, *, active: bool) -> None:
        self.active = active
        self.activation += 1
        self._publish()

    async def _all_owned(self) -> None:
        for partition in range(PARTITIONS):
            if partition not in self.world.owners:
                living = self.world.living()
                self.world.assign(partition, living[0] if living else self.world.join())

    def _count(self) -> None:
        ends = Counter(
            (one.delivery_id, one.source.offset, one.run) for topics in self.world.topics for one in topics.outcomes
        )
        wanted = Counter(
            (delivery_id(event, action_id, partition, offset), offset, 0)
            for partition, offset, event, _ in self.world.events()
            for action_id in (("act_1", "act_2") if self.has_quick_partner else ("act_1",))
        )
        assert ends == wanted + self.replayed
        assert self.overtaken == []
        assert self.world.partner.at_once == []
        for profile in PROFILES:
            self._final_state_is_right(profile)

    def _final_state_is_right(self, profile: str) -> None:
        """The newest change that ended in being sent is what the partner saw last."""
        topics = self.world.topics[partition_of(profile)]
        ended = {
            one.delivery_id: one
            for one in topics.outcomes
            if one.profile_id == profile and one.reason != Reason.DUPLICATE and not one.run and one.action_id == "act_1"
        }
        if not ended:
            return
        newest = max(ended, key=lambda key: self.world.versions[key])
        assert ended[newest].reason != Reason.SUPERSEDED, "the newest change was superseded by an older one"
        seen = [sent for sent in self.world.partner.sent if sent.profile == profile and sent.accepted]
        delivered = [key for key, one in ended.items() if one.outcome in ACCEPTED]
        if delivered:
            last = max(delivered, key=lambda key: self.world.versions[key])
            # A crash may have forgotten that the partner took a newer one, and a deactivation may have ended it since.
            assert self.world.versions[seen[-1].delivery_id] >= self.world.versions[last]


async def _new_world(action_type: str, has_quick_partner: bool) -> World:
    world = World()
    ties = [activation()]
    if has_quick_partner:
        world.publish(connector(action("act_2"), connector_id="con_2"))
        ties.append(activation("act_2", connector_id="con_2"))
    world.publish(connector(action("act_1", type=action_type)), audience(*ties))
    return world


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch):
    monkeypatch.setattr(engine_module, "_RETRY_SECONDS", 0.001)
    monkeypatch.setattr(engine_module, "TICK_SECONDS", 0.003)
    monkeypatch.setattr(partition_module, "_ABORTED_PAUSE_SECONDS", 0.001)


class BatchMachine(WorldMachine):
    """The same with an action that sends many rows at once."""

    action_type = "sync_batch"


class TwoPartnersMachine(WorldMachine):
    """The same with another partner that takes everything at once: of each event it is often the only one that has."""

    has_quick_partner = True


class JobMachine(WorldMachine):
    """The same with a partner that takes a batch and works on it."""

    action_type = "sync_job"


SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.mark.usefixtures("_quick_retries")
class TestWorld(WorldMachine.TestCase):
    settings = SETTINGS


@pytest.mark.usefixtures("_quick_retries")
class TestWorldOfBatches(BatchMachine.TestCase):
    settings = SETTINGS


@pytest.mark.usefixtures("_quick_retries")
class TestWorldOfTwoPartners(TwoPartnersMachine.TestCase):
    settings = SETTINGS


@pytest.mark.usefixtures("_quick_retries")
class TestWorldOfJobs(JobMachine.TestCase):
    settings = SETTINGS
