"""The metrics agent: folds outcomes and failed attempts into the metrics table, chunk by chunk, each record once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from connectors.records import codec
from connectors.records.codec import UndecodableRecord
from connectors.records.delivery import Attempt, Outcome
from connectors.records.topics import ATTEMPTS, OUTCOMES
from stream_workers.core import outcome_counts
from stream_workers.core.outcome_counts import ChunkCounts, Tally
from stream_workers.shell.metrics_retention import prune
from stream_workers.shell.metrics_store import Advance, Applied, MetricsStore, MetricsStoreUnavailable, Stale
from stream_workers.shell.metrics_telemetry import MetricsTelemetry

PRUNE_EVERY_SECONDS = 60 * 60
_RECORDS_PER_TRANSACTION = 5_000
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 5.0
_ASK_AGAIN_SECONDS = 10.0
_FAR_BEHIND = 10_000
_MARKER = 1

Place = tuple[str, int]  # topic, partition
Answer = TypeVar("Answer")


class KafkaRecord(Protocol):
    """The part of a consumed record that is read here."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""


@dataclass(frozen=True, slots=True)
class OutcomeDeps:
    """What the agent works with.

    `topic_prefix` stands before its topics' names. `is_mine(topic, partition)` says whether the partition is assigned
    to this process now, and `rewind(topic, partition, offset)` makes its consumer go on from that offset.
    `documented_codes` are the partner codes of all connector types, which are always counted by name.
    """

    store: MetricsStore
    telemetry: MetricsTelemetry
    is_mine: Callable[[str, int], bool]
    rewind: Callable[[str, int, int], Awaitable[None]]
    topic_prefix: str = ""
    documented_codes: Set[str] = frozenset()
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


def register(app: Any, deps: OutcomeDeps) -> "OutcomeFolder":
    """Declare both agents and the hourly pruning on a Faust app; `app` wires the other methods of the folder."""
    folder = OutcomeFolder(deps)
    for topic in (OUTCOMES, ATTEMPTS):
        name = deps.topic_prefix + topic.name
        source = app.topic(name, key_serializer="raw", value_serializer="raw", acks=False)
        app.agent(source, name=f"count-{topic.name}")(folder.run)
    app.timer(interval=PRUNE_EVERY_SECONDS)(folder.prune)
    return folder


@dataclass(frozen=True, slots=True)
class _Asked:
    seen: int
    at: float


class OutcomeFolder:
    """Takes chunks of one partition after another and adds them to the store, whatever is read twice or begun late."""

    def __init__(self, deps: OutcomeDeps) -> None:
        self._deps = deps
        self._positions: dict[Place, int] = {}
        self._joined: set[Place] = set()
        self._asked: dict[Place, _Asked] = {}

    async def run(self, stream: Any) -> None:
        """The agent's body: each event is a chunk, whose value is the records of one partition."""
        async for event in stream.noack().events():
            await self.take(event.message.topic, event.message.partition, event.message.value)

    async def starting_offset(self, topic: str, partition: int) -> int | None:
        """Where to read a newly assigned partition from; `None` if the database cannot tell now or never saw it."""
        try:
            position = await self._deps.store.position(topic, partition)
        except MetricsStoreUnavailable as error:
            self._deps.telemetry.store_unavailable(str(error))
            return None
        return position or None

    def positions(self) -> dict[Place, int]:
        """The next offset to count of each partition, as far as it is known: the hint for the group's own offsets."""
        return dict(self._positions)

    def forget(self) -> None:
        """Called at every revocation and assignment: what was known of the partitions may no longer be true."""
        self._positions.clear()
        self._joined.clear()
        self._asked.clear()

    async def take(self, topic: str, partition: int, records: Sequence[KafkaRecord]) -> None:
        """Count a chunk; waits while the database is away, and gives the chunk up when the partition is revoked."""
        place = (topic, partition)
        try:
            for start in range(0, len(records), _RECORDS_PER_TRANSACTION):
                if not await self._count(place, records[start : start + _RECORDS_PER_TRANSACTION]):
                    self._joined.discard(place)
                    return
        except Exception as error:  # noqa: BLE001  # Faust goes on to the next chunk, and these would never be counted
            self._joined.discard(place)
            self._deps.telemetry.chunk_failed(topic, partition, error)
            await self._deps.sleep(_LONGEST_WAIT_SECONDS)
            await self._deps.rewind(topic, partition, records[0].offset)

    async def prune(self) -> None:
        """Called every hour; if the database is away, the next hour does it."""
        try:
            await prune(self._deps.store, self._deps.telemetry, int(self._deps.now()))
        except MetricsStoreUnavailable as error:
            self._deps.telemetry.store_unavailable(str(error))

    async def _count(self, place: Place, records: Sequence[KafkaRecord]) -> bool:
        position = await self._position(place)
        while position is not None and await self._follows(place, position, records):
            records = [record for record in records if record.offset >= position]
            if not records:
                return True
            advance = Advance(*place, expected=position, next_offset=records[-1].offset + 1)
            apply = partial(self._deps.store.apply, advance, self._fold(place, records))
            answer = await self._when_available(place, apply)
            if isinstance(answer, Applied):
                self._positions[place] = advance.next_offset
                self._deps.telemetry.records_counted(*place, len(records), advance.next_offset)
                return True
            position = self._corrected(place, advance, answer)
        return False

    async def _position(self, place: Place) -> int | None:
        if place not in self._positions:
            stored = await self._when_available(place, partial(self._deps.store.position, *place))
            if stored is None:
                return None
            self._positions[place] = stored
        return self._positions[place]

    def _corrected(self, place: Place, advance: Advance, answer: Stale | None) -> int | None:
        if answer is None:
            return None
        if answer.current < advance.expected:  # an older database was restored: what it has lost is read again
            self._joined.discard(place)
            self._asked.pop(place, None)
        self._positions[place] = answer.current
        return answer.current

    async def _follows(self, place: Place, position: int, records: Sequence[KafkaRecord]) -> bool:
        """True unless records may be missing between the position and these.

        Offsets have real gaps: transaction markers, aborted transactions, and what retention removed. The marker
        between two chunks is expected; any other gap is believed once a re-read from the position shows it again.
        """
        first, asked = records[0].offset, self._asked.get(place)
        expected_gap = _MARKER if place in self._joined else 0
        if first <= position + expected_gap or (asked is not None and first <= asked.seen):
            far_behind = place not in self._joined and records[-1].offset + _FAR_BEHIND < position
            self._joined.add(place)
            self._asked.pop(place, None)
            if far_behind:
                await self._move(place, position, first)
            return True
        if asked is None or self._deps.monotonic() - asked.at > _ASK_AGAIN_SECONDS:
            self._asked[place] = _Asked(first, self._deps.monotonic())
            await self._move(place, position, first)
        return False

    async def _move(self, place: Place, position: int, read_from: int) -> None:
        self._deps.telemetry.reading_moved(*place, position, read_from)
        await self._deps.rewind(*place, position)

    async def _when_available(self, place: Place, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        wait = _FIRST_WAIT_SECONDS
        while self._deps.is_mine(*place):
            try:
                return await ask()
            except MetricsStoreUnavailable as error:
                self._deps.telemetry.store_unavailable(str(error))
            await self._deps.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        return None

    def _fold(self, place: Place, records: Sequence[KafkaRecord]) -> ChunkCounts:
        tally = outcome_counts.initialize()
        add = self._add_attempt if place[0] == self._deps.topic_prefix + ATTEMPTS.name else self._add_outcome
        for record in records:
            try:
                add(tally, place[1], record)
            except UndecodableRecord as error:
                self._deps.telemetry.record_unreadable(*place, record.offset, error.detail)
        return outcome_counts.result(tally, self._deps.documented_codes)

    def _add_outcome(self, tally: Tally, partition: int, record: KafkaRecord) -> None:
        outcome = codec.decode(Outcome, record.value or b"")
        outcome_counts.add_outcome(tally, outcome, partition, record.offset)

    def _add_attempt(self, tally: Tally, _partition: int, record: KafkaRecord) -> None:
        outcome_counts.add_attempt(tally, codec.decode(Attempt, record.value or b""))
