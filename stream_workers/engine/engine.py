"""The delivery engine of a worker: the partitions it owns, each fed on its own, and what they share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.structs import ConsumerRecord

from connectors.records.delivery import Command
from stream_workers.core.breaker import BreakerState
from stream_workers.core.config_view import ConfigView
from stream_workers.core.horizon import HORIZON_MS, HORIZON_RECORDS
from stream_workers.engine.commands import Commands
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.intake import Intake, Recall
from stream_workers.engine.parked import clear_parked
from stream_workers.engine.partition import Kept, OwnedPartition
from stream_workers.engine.restore import FoundRows, admit_found, admit_kept
from stream_workers.engine.scratch import ROWS_IN_MEMORY, Scratch
from stream_workers.shell.clock import Clock
from stream_workers.shell.partition_log import PartitionLog
from stream_workers.shell.partition_reader import ReadFailed, RecentRange
from stream_workers.shell.partition_transaction import CommitAborted, Fenced
from stream_workers.shell.scratch_file import ScratchFile
from stream_workers.shell.telemetry import Telemetry

TICK_SECONDS = 0.1
_RETRY_SECONDS = 0.5
_YIELD_EVERY = 32
_FAR_BEHIND = 1_000
_TURN_SECONDS = 0.01
_SILENCE_SECONDS = 0.02
_BATCH_TURN_SECONDS = 0.01
_MOVES_PER_REPORT = 500


@dataclass(frozen=True, slots=True)
class EnginePolicy:
    """The bounds of intake, commits and release. Seconds, unless said otherwise."""

    commit_interval: float = 0.15
    release_seconds: float = 3.0
    chunks_per_partition: int = 4
    backlog: int = 750
    """Deliveries that may wait in memory for slots of quick partners before the intake pauses, …"""
    intake_pause: float = 1.0
    """… and for how long at most: a partner never holds a partition longer than this per chunk."""
    rows_in_memory: int = ROWS_IN_MEMORY
    """So many records of a partition's rows stay in memory; those of the others wait in a file …"""
    scratch_folder: str | None = None
    """… in this folder; `None` is the system's for temporary files."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What the engine needs of the outside."""

    clock: Clock
    telemetry: Telemetry
    open_log: Callable[[int], PartitionLog]
    holds_lease: Callable[[], bool]
    seek: Callable[[int, int], Awaitable[None]]
    """(partition, offset): read the source partition again from here."""
    follow_commands: Callable[[int, int], None]
    """(partition, offset): the partition's commands from here on are wanted."""
    leave_commands: Callable[[int], None]


class Feed:
    """One partition: its chunks, its takeover and its intake, apart from those of other partitions."""

    def __init__(self, partition: OwnedPartition, policy: EnginePolicy) -> None:
        self.partition = partition
        self.chunks: deque[list[ConsumerRecord]] = deque()
        self.arrived = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.reread: tuple[int, int] | None = None
        """(the offset that was expected, the one that came instead) when the log was last asked again."""
        self.seeks = False
        """The transport went on while nobody owned the partition: read again from the position."""
        self._policy = policy

    def has_room(self) -> bool:
        """True when another chunk may be fetched."""
        return len(self.chunks) < self._policy.chunks_per_partition

    def put(self, records: list[ConsumerRecord]) -> None:
        """A chunk has arrived."""
        self.chunks.append(records)
        self.arrived.set()

    def end(self) -> None:
        """Nothing more is taken from it. A cancelled task keeps its frame, which holds this feed: in no circle."""
        task, self.task = self.task, None
        if task is not None:
            task.cancel()

    async def next_chunk(self) -> list[ConsumerRecord]:
        """The next chunk, when it is there."""
        while not self.chunks:
            self.arrived.clear()
            await self.arrived.wait()
        return self.chunks.popleft()


class DeliveryEngine:
    """Owns partitions as the group gives them, and delivers what is in them."""

    def __init__(self, dispatcher: Dispatcher, intake: Intake, hands: Hands, policy: EnginePolicy) -> None:
        self.dispatcher = dispatcher
        self._commands = Commands(dispatcher, hands.telemetry)
        self.feeds: dict[int, Feed] = {}
        self.failed = False
        """A partition could not be fed, or no timer fires any more: only a new process can be trusted."""
        self.intake = intake
        self._hands = hands
        self._policy = policy
        self._config_moved = asyncio.Event()
        self._ticker: asyncio.Task[None] | None = None
        self._retakes: set[asyncio.Task[None]] = set()
        self._assigned: set[int] = set()
        self._kept: dict[int, Kept] = {}
        """What partitions were when the group took them all to give most of them back, as it does at each rebalance."""

    def start(self) -> None:
        """Begin to tick; called once, in the event loop."""
        self._ticker = asyncio.get_running_loop().create_task(self._or_fail("tick", self._tick()))

    async def stop(self) -> None:
        """Take nothing more, send what is gathered in batches, release everything, and end."""
        for feed in self.feeds.values():
            feed.end()
        await self._send_batches()
        await self.release(self._assigned | self.feeds.keys())
        if self._ticker is not None:
            self._ticker.cancel()
        self.dispatcher.close()

    async def _send_batches(self) -> None:
        """Bounded, and in turns of the loop, as what is not sent by then stays a row for the next owner."""
        turns = int(self._policy.release_seconds / _BATCH_TURN_SECONDS)
        while turns and self.dispatcher.may_send() and self.dispatcher.flush_batches():
            await asyncio.sleep(_BATCH_TURN_SECONDS)
            turns -= 1

    def apply(self, view: ConfigView) -> None:
        """A new view of the configuration."""
        before = self.dispatcher.view
        self.dispatcher.apply(view)
        for feed in self.feeds.values():
            clear_parked(feed.partition, before, view)
        moved, self._config_moved = self._config_moved, asyncio.Event()
        moved.set()

    def command(self, partition: int, offset: int, command: Command | None) -> None:
        """A command for a partition; ignored unless it is ours and restored: whoever has it reads it again."""
        feed = self.feeds.get(partition)
        if feed is not None and feed.partition.alive and feed.partition.is_ours:
            self._commands.carry_out(feed.partition, offset, command)

    def has_room(self, partition: int) -> bool:
        """May the transport fetch more of this partition?"""
        feed = self.feeds.get(partition)
        return feed is None or feed.has_room()

    def feed(self, partition: int, records: list[ConsumerRecord]) -> None:
        """A chunk of a partition; dropped when the partition is not ours (it will be read again by its owner)."""
        feed = self.feeds.get(partition)
        if feed is not None and feed.partition.alive:
            feed.put(records)

    def own(self, partitions: set[int]) -> None:
        """The group has given us these partitions; each is taken over in the background."""
        self._kept = {number: kept for number, kept in self._kept.items() if number in partitions}
        self._own(partitions)

    def _own(self, partitions: set[int]) -> None:
        self._assigned |= partitions
        for number in partitions - self.feeds.keys():
            log = self._hands.open_log(number)
            holds = self._hands.holds_lease
            interval, scratch = self._policy.commit_interval, self._scratch(number)
            partition = OwnedPartition(number, log, self._hands.telemetry, interval, holds, scratch)
            feed = self.feeds[number] = Feed(partition, self._policy)
            feed.task = asyncio.get_running_loop().create_task(self._run(feed))

    def _scratch(self, number: int) -> Scratch:
        telemetry, policy = self._hands.telemetry, self._policy

        def unreadable(detail: str) -> None:
            telemetry.scratch_unreadable(number, detail)
            self.failed = True

        return Scratch(
            lambda: ScratchFile(policy.scratch_folder, unreadable),
            lambda error: telemetry.scratch_not_written(number, str(error)),
            policy.rows_in_memory,
        )

    async def release(self, partitions: set[int]) -> None:
        """Give partitions up: no new attempts, a few seconds for those that run, one last commit."""
        self._assigned -= partitions
        feeds = [self.feeds.pop(number) for number in partitions & self.feeds.keys()]
        if not feeds:
            return
        for feed in feeds:
            self._hands.leave_commands(feed.partition.number)
            feed.partition.alive = False
            feed.end()
        owned = {feed.partition.number for feed in feeds}
        await self.dispatcher.slots.drain(owned, self._policy.release_seconds)
        await asyncio.gather(*(feed.partition.stop(self._policy.release_seconds) for feed in feeds))
        self.dispatcher.forget(owned)
        for number in owned:
            self._hands.telemetry.partition_gone(number)
        self._kept |= {feed.partition.number: kept for feed in feeds if (kept := feed.partition.keep()) is not None}
        for feed in feeds:
            feed.partition.let_go()

    def pending_rows(self) -> int:
        """How many deliveries wait durably."""
        return sum(len(feed.partition.rows) for feed in self.feeds.values())

    def finished_offsets(self) -> dict[int, int]:
        """The next offset to finish of each partition that has committed something."""
        return {number: feed.partition.committed for number, feed in self.feeds.items() if feed.partition.committed}

    def report(self, ends: Mapping[int, int]) -> None:
        """Tell the telemetry what the worker holds; once a second. `ends` are the partitions' next offsets in Kafka."""
        telemetry = self._hands.telemetry
        parked = sum(len(feed.partition.parked) for feed in self.feeds.values())
        telemetry.scratch_size(sum(feed.partition.scratch.size for feed in self.feeds.values()))
        telemetry.worker_state(self.dispatcher.slots.in_flight, self.pending_rows(), parked, len(self.feeds))
        for number, feed in self.feeds.items():
            end, position = ends.get(number), feed.partition.position
            lag = max(0, end - position.next) if end is not None and feed.partition.is_ours else None
            telemetry.partition_state(number, position.unfinished, lag)
            feed.partition.tidy(_MOVES_PER_REPORT)
        for connector in self.dispatcher.connectors.values():
            if connector.id in self.dispatcher.view.connectors:
                closed = connector.breaker.state is BreakerState.CLOSED
                telemetry.connector_state(connector.id, closed=closed, refused=connector.refused)
            else:
                telemetry.connector_gone(connector.id)

    # --- one partition ---

    async def _run(self, feed: Feed) -> None:
        partition = feed.partition
        try:
            await self._take_over(partition)
            partition.start_commits(self._lost)
            self._hands.follow_commands(partition.number, partition.commands_next)
            if feed.seeks:
                feed.chunks.clear()
                await self._hands.seek(partition.number, partition.position.expected)
            while partition.alive:
                chunk = await feed.next_chunk()
                if await self._follows(feed, chunk):
                    await self._take(partition, chunk)
        except Exception as error:  # noqa: BLE001  # the edge: a partition that cannot be fed must end the worker, not stall
            self._hands.telemetry.internal_error("intake", error)
            partition.alive = False
            self.failed = True

    async def _take_over(self, partition: OwnedPartition) -> None:
        started = self._hands.clock.monotonic()
        while True:
            try:
                await self._restore(partition)
                break
            except (ReadFailed, CommitAborted, Fenced) as error:
                self._hands.telemetry.takeover_failed(partition.number, str(error))
                await asyncio.sleep(_RETRY_SECONDS)
        seconds = self._hands.clock.monotonic() - started
        self._hands.telemetry.taken_over(partition.number, len(partition.rows), seconds)

    async def _restore(self, partition: OwnedPartition) -> None:
        """From what was kept of it, when nobody has had it since; otherwise from what Kafka has of it."""
        kept = self._kept.get(partition.number)
        if kept is not None and await partition.resume(kept):
            partition.config_position = self.dispatcher.view.position
            await admit_kept(partition, kept, self.dispatcher)
            self._kept.pop(partition.number, None)
            return
        self._kept.pop(partition.number, None)
        found = FoundRows(partition, self.dispatcher, self._hands.telemetry)
        await partition.take_over(found.take)
        await self._remember(partition)
        await self._wait_for_config(found.config_position)
        partition.config_position = self.dispatcher.view.position
        await admit_found(partition, found, self.dispatcher)

    async def _remember(self, partition: OwnedPartition) -> None:
        since, until = self._hands.clock.now_ms() - HORIZON_MS, partition.position.finished_until
        if until:
            await partition.log.recent(RecentRange(since, until, HORIZON_RECORDS), Recall(partition).take)

    async def _wait_for_config(self, position: int) -> None:
        while self.dispatcher.view.position < position:
            await self._config_moved.wait()

    async def _follows(self, feed: Feed, chunk: list[ConsumerRecord]) -> bool:
        """True when the chunk may be taken. After a gap, or far behind the position, the log is read again first.

        What was fetched before the seek still arrives. Reading goes forward only, so a chunk that begins no later than
        the one that was doubted comes from the second reading: the gap is real. That reading may have begun when a
        chunk from before it is doubted as well: from then on nothing is let go of unseen.
        """
        expected = feed.partition.position.expected
        first, last = chunk[0].offset, chunk[-1].offset
        behind = last < expected - _FAR_BEHIND
        if first <= expected and not behind:
            feed.reread = None
            return True
        if feed.reread is not None and feed.reread[0] == expected and (behind or first <= feed.reread[1]):
            return True
        if feed.reread is None or feed.reread[0] != expected:
            feed.chunks.clear()
        feed.reread = (expected, first)
        await self._hands.seek(feed.partition.number, expected)
        return False

    async def _take(self, partition: OwnedPartition, chunk: list[ConsumerRecord]) -> None:
        turns = int(self._policy.intake_pause / _TURN_SECONDS)
        for count, record in enumerate(chunk):
            if count % _YIELD_EVERY == 0:
                turns = await self._pace(partition, turns)
                partition.config_position = self.dispatcher.view.position
            if not partition.alive:
                return
            if partition.position.is_finished(record.offset):
                self.intake.pass_over(partition, record)
                continue
            while not partition.position.has_room(record.offset):
                await self._make_room(partition)
            self.intake.take(partition, record)

    async def _make_room(self, partition: OwnedPartition) -> None:
        """The window is full: what holds the position back becomes pending rows; otherwise wait for its answer."""
        held = partition.open.get(partition.position.next, [])
        spilled = [self.dispatcher.spill(delivery) for delivery in list(held)]
        if not all(spilled) or not held:
            await asyncio.sleep(0.01)

    async def _pace(self, partition: OwnedPartition, turns: int) -> int:
        """Let deliveries catch up: the stream waits for ourselves, and hardly ever for a partner.

        Turns are counted, not time: when the event loop is busy a turn takes long, and waiting for it costs nothing.
        While nothing may be sent, what we took would only become rows. Returns the turns left.
        """
        await asyncio.sleep(0)
        while partition.alive and not self.dispatcher.may_send():
            await asyncio.sleep(_SILENCE_SECONDS)
        while partition.alive and turns and self.dispatcher.slots.backlog() > self._policy.backlog:
            await asyncio.sleep(_TURN_SECONDS)
            turns -= 1
        return turns

    async def _lost(self, partition: OwnedPartition) -> None:
        """Fenced: somebody else owns the partition. If the group still says that it is ours, take it over again."""
        feed = self.feeds.get(partition.number)
        if feed is None or feed.partition is not partition:
            return
        feed.end()
        partition.closed = True
        del self.feeds[partition.number]
        self._hands.leave_commands(partition.number)
        self.dispatcher.forget({partition.number})
        self._hands.telemetry.partition_gone(partition.number)
        await partition.log.close()
        partition.let_go()
        retake = asyncio.get_running_loop().create_task(self._or_fail("retake", self._retake(partition.number)))
        self._retakes.add(retake)
        retake.add_done_callback(self._retakes.discard)

    async def _retake(self, number: int) -> None:
        await self.dispatcher.slots.drain({number}, self._policy.release_seconds)
        await asyncio.sleep(_RETRY_SECONDS)
        while number in self._assigned and not self._hands.holds_lease():
            await asyncio.sleep(_RETRY_SECONDS)
        if number in self._assigned and number not in self.feeds:
            self._own({number})
            self.feeds[number].seeks = True

    async def _or_fail(self, place: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  # the edge: without timers, or a partition taken back, the worker must end
            self._hands.telemetry.internal_error(place, error)
            self.failed = True

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.dispatcher.tick()
