"""What Kafka holds of one partition, in memory, and each worker's fenced way to it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace

import msgspec

from connectors.records.codec import decode
from connectors.records.delivery import DeadLetter, Outcome, PendingRow, Position
from stream_workers.shell.partition_log import Unit
from stream_workers.shell.partition_reader import RecentRange, RecentRecord, RowRecord, Take
from stream_workers.shell.partition_transaction import CommitAborted, CommitUnknown, Fenced


@dataclass
class Topics:
    """What Kafka holds of one partition: the source records, and everything that was committed."""

    records: list[SimpleNamespace] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    rows: dict[bytes, PendingRow] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    position: Position | None = None
    epoch: int = 0
    trouble: deque[str] = field(default_factory=deque)
    """What befalls the next commits: `aborted`, `unknown, committed` or `unknown, lost`."""

    def write(self, unit: Unit, position: Position) -> None:
        """A transaction commits."""
        self.outcomes += [decode(Outcome, value) for _key, value in unit.outcomes]
        self.dead_letters += [decode(DeadLetter, value) for _key, value in unit.dead_letters]
        for key, value in unit.rows.items():
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = decode(PendingRow, value)
        self.position = position


class FencedLog:
    """One worker's way to a partition: whoever takes over last may write."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._epoch = 0
        self.broken = False
        self.closed = False

    async def take_over(self, take: Take[RowRecord]) -> Position | None:
        """Fence everybody else, and read."""
        position = await self.newest_position()
        for key, row in self._topics.rows.items():
            take([(key, msgspec.json.encode(row))])
        return position

    async def newest_position(self) -> Position | None:
        """Fence everybody else, and look."""
        await asyncio.sleep(0)
        self._topics.epoch += 1
        self._epoch = self._topics.epoch
        self.broken = False
        return self._topics.position

    async def recent(self, wanted: RecentRange, take: Take[RecentRecord]) -> None:
        """The records below `until`."""
        await asyncio.sleep(0)
        known = [one for one in self._topics.records if one.offset < wanted.until and one.timestamp >= wanted.since_ms]
        take([RecentRecord(one.value, one.offset, one.timestamp) for one in known[-wanted.at_most :]])

    async def commit(self, unit: Unit, position: Position) -> None:
        """All, nothing, or nobody knows."""
        await asyncio.sleep(0)
        if self._epoch != self._topics.epoch:
            raise Fenced("somebody else has taken the partition over")
        if self.broken:
            raise CommitUnknown("the producer has not been started again")
        trouble = self._topics.trouble.popleft() if self._topics.trouble else None
        if trouble == "aborted":
            raise CommitAborted(trouble)
        if trouble != "unknown, lost":
            self._topics.write(unit, position)
        if trouble is not None:
            self.broken = True
            raise CommitUnknown(trouble)

    async def close(self) -> None:
        """The connections are given back."""
        self.closed = True
