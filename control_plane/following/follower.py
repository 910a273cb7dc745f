"""The background task that keeps the tables in step with the topics, through every loss of Kafka or the database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from connectors.records.topics import ATTEMPTS, DEAD_LETTERS
from control_plane.background import in_background
from control_plane.database.engine import DatabaseUnavailable
from control_plane.following.reader import FollowedRecord, TopicReader
from control_plane.following.rows import Rows, add_attempt, add_dead_letter
from control_plane.following.store import FollowedStore, Overtaken, Place, Step
from control_plane.publishing.config_topic import KafkaUnreachable

log = structlog.get_logger(__name__)

TOPICS = (DEAD_LETTERS, ATTEMPTS)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: for better times, behind another process, until old rows go, until partitions are looked at."""

    retry_seconds: float = 2.0
    standby_seconds: float = 5.0
    prune_seconds: float = 60.0
    reopen_seconds: float = 300.0


class Follower:
    """Of several processes one is ahead; the others are overtaken, wait a while, and look again."""

    def __init__(
        self,
        store: FollowedStore,
        reader: TopicReader,
        pace: Pace = Pace(),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._reader = reader
        self._pace = pace
        self._now = now
        self._positions: dict[Place, int] = {}
        self.trouble: str | None = "not read yet"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow in the background while the block runs."""
        try:
            async with in_background(self._run, "follower"):
                yield
        finally:
            await self._reader.close()

    async def _run(self) -> None:
        while True:
            try:
                await self._store.prune(self._now())
                await self._follow()
            except Overtaken:
                self.trouble = None
                await asyncio.sleep(self._pace.standby_seconds)
            except (KafkaUnreachable, DatabaseUnavailable) as trouble:
                self._stumbled(str(trouble))
                await asyncio.sleep(self._pace.retry_seconds)

    async def _follow(self) -> None:
        self._positions = await self._store.positions([topic.name for topic in TOPICS])
        await self._reader.open(self._positions)
        opened = pruned = time.monotonic()
        while time.monotonic() - opened < self._pace.reopen_seconds:
            records = await self._reader.read()
            self.trouble = None
            if records:
                await self.take(records)
            if time.monotonic() - pruned >= self._pace.prune_seconds:
                await self._store.prune(self._now())
                pruned = time.monotonic()

    async def take(self, records: Sequence[FollowedRecord]) -> None:
        """Store a chunk; raises `Overtaken` or `DatabaseUnavailable`, after which everything is read again."""
        rows, ends = Rows(), dict[Place, int]()
        for record in records:
            add = add_dead_letter if record.topic == DEAD_LETTERS.name else add_attempt
            add(rows, record.value or b"", record.partition, record.offset)
            ends[record.topic, record.partition] = record.offset + 1
        await self._store.apply([Step(place, self._positions.get(place, 0), end) for place, end in ends.items()], rows)
        self._positions.update(ends)
        if rows.unreadable:
            log.warning("unreadable_reports", count=rows.unreadable)

    def _stumbled(self, trouble: str) -> None:
        if self.trouble != trouble:
            log.warning("cannot_follow_workers", detail=trouble)
        self.trouble = trouble
