"""Several delivery engines over one pretended Kafka and one pretended partner: workers come, go, crash and freeze."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry

from connectors.kit.exchange import NOT_SENT, Answer, NotSent, PartnerRequest, Sender
from connectors.kit.registry import Registry
from connectors.records.codec import SCHEMA_VERSION, decode_event
from connectors.records.config import ConfigRecord, ConnectorConfig, config_key
from connectors.records.delivery import Command, RowState
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, Source, SourceKind
from stream_workers.core.config_view import Change_, fold
from stream_workers.core.delivering import RetryPolicy
from stream_workers.core.live_config import LiveConnector, make_live
from stream_workers.engine.attempts import Attempts
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.engine import DeliveryEngine, EnginePolicy, Hands
from stream_workers.engine.intake import Intake
from stream_workers.engine.slots import SlotPolicy
from stream_workers.engine.surroundings import Surroundings
from stream_workers.engine.tokens import Tokens
from stream_workers.shell.telemetry import Telemetry
from tests.support.acme import ACME
from tests.support.builders import event_bytes
from tests.support.engine import KINDS
from tests.support.fake_clock import FakeClock
from tests.support.pretended_kafka import FencedLog, Topics
from tests.support.refresh_tokens import RefreshTokensInMemory
from tests.support.scripted_partner import ScriptedPartner

PARTITIONS = 2
CHUNK = 3


class Worker(Sender):
    """One engine with its fetch positions. `frozen` ones fetch and send nothing; `dead` ones are gone."""

    def __init__(self, world: World, number: int) -> None:
        self.number = number
        self.frozen = False
        self.dead = False
        self.fetch: dict[int, int] = {}
        self.buffered: dict[int, deque[list[SimpleNamespace]]] = defaultdict(deque)
        self.commands: dict[int, int] = {}
        """Of each partition whose commands it follows: the next one."""
        self.logs: list[FencedLog] = []
        self._world = world
        self.engine = self._build()
        self.engine.start()

    def may_send(self) -> bool:
        """A dead worker does nothing, and a frozen one has lost its lease."""
        return not (self.dead or self.frozen)

    async def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool] | None = None,
    ) -> Answer | NotSent:
        """The sender: the last check, then the partner."""
        await asyncio.sleep(0)
        if self.dead or (still_wanted is not None and not still_wanted()):
            return NOT_SENT
        answer = await self._world.partner.answer(self.number, request)
        if self.dead:
            await asyncio.get_running_loop().create_future()
        return answer

    def pump(self) -> None:
        """Fetch one chunk of each partition, and hand the oldest buffered one to the engine."""
        if self.dead or self.frozen:
            return
        for partition, start in list(self.fetch.items()):
            records = self._world.topics[partition].records[start : start + CHUNK]
            if records:
                self.fetch[partition] = start + len(records)
                self.buffered[partition].append(records)
            if self.buffered[partition] and self.engine.has_room(partition):
                self.engine.feed(partition, self.buffered[partition].popleft())
        for partition, start in list(self.commands.items()):
            commands = self._world.commands[partition]
            self.commands[partition] = max(start, len(commands))
            for offset in range(start, len(commands)):
                self.engine.command(partition, offset, commands[offset])

    def _build(self) -> DeliveryEngine:
        world = self._world
        telemetry = Telemetry(CollectorRegistry(), "test")
        endings = Endings(world.clock, telemetry, "profile-events")
        dispatcher = Dispatcher(world.clock, endings, SlotPolicy(slots=8), self.may_send)
        surroundings = Surroundings(world.clock, telemetry, RetryPolicy(), lambda: 0.999, self.may_send)
        tokens = Tokens(self, world.clock, RefreshTokensInMemory())
        dispatcher.slots.attempt_with(Attempts(dispatcher, endings, self, tokens, surroundings).begin)
        hands = Hands(
            world.clock,
            telemetry,
            self._open_log,
            self.may_send,
            self._seek,
            self.commands.__setitem__,
            lambda partition: self.commands.pop(partition, None),
        )
        intake = Intake(dispatcher, endings, world.clock, telemetry)
        policy = EnginePolicy(commit_interval=0.001, release_seconds=0.5, rows_in_memory=1)
        return DeliveryEngine(dispatcher, intake, hands, policy)

    def _open_log(self, partition: int) -> FencedLog:
        self.logs.append(FencedLog(self._world.topics[partition]))
        return self.logs[-1]

    async def _seek(self, partition: int, offset: int) -> None:
        """Like Faust: what was fetched before the seek still arrives."""
        if partition in self.fetch:
            self.fetch[partition] = offset


class World:
    """Everything; lives in one event loop."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.topics = [Topics() for _ in range(PARTITIONS)]
        self.versions: dict[str, tuple[int, int]] = {}
        self.partner = ScriptedPartner(lambda delivery_id: self.versions.get(delivery_id, (0, 0)))
        self.commands: list[list[Command]] = [[] for _ in range(PARTITIONS)]
        self.config: list[Change_] = []
        self.workers: list[Worker] = []
        self.owners: dict[int, Worker] = {}

    def publish(self, *records: ConfigRecord) -> None:
        """Config records reach every worker that is there, and those that come."""
        changes: list[Change_] = [
            (len(self.config) + index, config_key(KINDS[type(record).__name__], record.id), record)
            for index, record in enumerate(records)
        ]
        self.config += changes
        for worker in self.living():
            self._apply(worker, changes)

    def _apply(self, worker: Worker, changes: list[Change_]) -> None:
        worker.engine.apply(fold(worker.engine.dispatcher.view, changes, _live))

    def append(self, event: MembershipEvent | PlainEvent, partition: int) -> int:
        """A producer writes an event; returns its offset."""
        topics = self.topics[partition]
        offset = len(topics.records)
        topics.records.append(
            SimpleNamespace(
                topic="profile-events",
                partition=partition,
                offset=offset,
                timestamp=self.clock.now_ms(),
                key=event.profile_id.encode(),
                value=event_bytes(event),
            )
        )
        return offset

    def change(self, profile: str, change: Change, age_seconds: float, event_id: str | None) -> MembershipEvent:
        """A membership event that happened some seconds ago (or ahead)."""
        moment = datetime.fromtimestamp(self.clock.now_ms() / 1000 - age_seconds, UTC)
        return MembershipEvent(
            v=SCHEMA_VERSION,
            workspace="default",
            profile_id=profile,
            occurred_at=moment,
            source=Source(SourceKind.AUDIENCE, "vip"),
            change=change,
            event_id=event_id,
            identifiers={"email": "ada@example.org"},
        )

    def living(self) -> list[Worker]:
        """Workers that are not dead."""
        return [worker for worker in self.workers if not worker.dead]

    def join(self) -> Worker:
        """A worker starts and reads the configuration."""
        worker = Worker(self, len(self.workers))
        self.workers.append(worker)
        self._apply(worker, self.config)
        return worker

    def assign(self, partition: int, worker: Worker, behind: int = 0) -> None:
        """The group gives a partition to a worker, which fetches from the hint: at or before the committed position."""
        position = self.topics[partition].position
        self.owners[partition] = worker
        worker.buffered[partition].clear()
        worker.fetch[partition] = max(0, (position.next if position is not None else 0) - behind)
        worker.engine.own({partition})

    async def revoke(self, partition: int) -> None:
        """The group takes a partition from its owner, who may commit once more."""
        owner = self.owners.pop(partition, None)
        if owner is not None and not owner.dead:
            await self.released(owner, {partition})

    async def released(self, worker: Worker, partitions: set[int]) -> None:
        """The worker gives partitions up."""
        for partition in partitions:
            worker.fetch.pop(partition, None)
        await self._while_time_passes(worker.engine.release(partitions))

    def crash(self, worker: Worker) -> None:
        """Nothing of the worker goes on; requests that have left it may still reach the partner."""
        worker.dead = True
        worker.engine._assigned.clear()
        for log in worker.logs:
            log._epoch = -1
        for feed in worker.engine.feeds.values():
            feed.partition.alive = False
            if feed.task is not None:
                feed.task.cancel()
        for partition in [one for one, owner in self.owners.items() if owner is worker]:
            del self.owners[partition]

    async def stop(self) -> None:
        """End every engine."""
        self.partner.mood = "healthy"
        self.partner.let_go()
        for worker in self.workers:
            await self._while_time_passes(worker.engine.stop())
            for attempt in list(worker.engine.dispatcher.slots._running):
                worker.engine.dispatcher.slots._cut(attempt)

    async def _while_time_passes(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        while not task.done():
            self.clock.advance(0.1)
            await asyncio.sleep(0.002)
        await task

    async def turn(self, times: int = 4) -> None:
        """Let everything that can happen now happen."""
        for _ in range(times):
            for worker in self.living():
                worker.pump()
            for _ in range(5):
                await asyncio.sleep(0)
            await asyncio.sleep(0.0015)

    async def pass_time(self, seconds: float) -> None:
        """Time passes; whatever is due is called."""
        self.clock.advance(seconds)
        for worker in self.living():
            if not worker.frozen:
                worker.engine.dispatcher.wake()
        await self.turn(1)

    async def drain(self, done: Callable[[], object], rounds: int = 120) -> None:
        """Until it is done, however long it takes on the clock."""
        for _ in range(rounds):
            if done():
                return
            await self.pass_time(60)
        raise AssertionError("the world never came to rest")

    def is_at_rest(self) -> bool:
        """Every record is finished, and nothing waits."""
        return all(
            not topics.records
            or (
                topics.position is not None
                and topics.position.next == len(topics.records)
                and topics.position.commands_next == len(commands)
                and not any(row.state is RowState.WAITING for row in topics.rows.values())
            )
            for topics, commands in zip(self.topics, self.commands, strict=True)
        )

    def events(self) -> Iterator[tuple[int, int, MembershipEvent | PlainEvent, int]]:
        """(partition, offset, event, appended at) of every record."""
        for partition, topics in enumerate(self.topics):
            for record in topics.records:
                yield partition, record.offset, decode_event(record.value), record.timestamp


def _live(record: ConnectorConfig) -> LiveConnector:
    return make_live(record, Registry([ACME]).get(record.type), lambda _id, _field, sealed: sealed)
