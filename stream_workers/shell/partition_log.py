"""A partition's durable side, for the event loop: takeover and commits, each in a thread."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from confluent_kafka import TopicPartition

from connectors.records.codec import encode
from connectors.records.delivery import Position
from stream_workers.shell.allocator import give_back
from stream_workers.shell.partition_reader import (
    Item,
    ReadFailed,
    RecentRange,
    RecentRecord,
    RowRecord,
    Take,
    read_pending,
    read_position,
    read_recent,
)
from stream_workers.shell.partition_transaction import PartitionProducer

Result = TypeVar("Result")
TAKEOVER_TIMEOUT_SECONDS = 60.0
COMMIT_TIMEOUT_SECONDS = 15.0
PORTION = 500
"""What is read reaches the event loop in portions: a million records must not keep it from anything else."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The topics that a partition's owner reads and writes, with the installation's prefix."""

    profile_events: str
    pending: str
    outcomes: str
    attempts: str
    dead_letters: str


@dataclass(slots=True)
class Unit:
    """What has happened in a partition since the last transaction; a later row of a key replaces an earlier one."""

    outcomes: list[tuple[bytes, bytes]] = field(default_factory=list)
    rows: dict[bytes, bytes | None] = field(default_factory=dict)
    attempts: list[tuple[bytes, bytes]] = field(default_factory=list)
    dead_letters: list[tuple[bytes | None, bytes]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True when nothing has happened."""
        return not (self.outcomes or self.rows or self.attempts or self.dead_letters)

    def before(self, later: "Unit") -> "Unit":
        """This unit and a later one as one: what was aborted goes into the next transaction."""
        return Unit(
            self.outcomes + later.outcomes,
            {**self.rows, **later.rows},
            self.attempts + later.attempts,
            self.dead_letters + later.dead_letters,
        )


class PartitionLog(Protocol):
    """What an owned partition needs of Kafka."""

    async def take_over(self, take: Take[RowRecord]) -> Position | None:
        """Fence the previous owner, and read what is pending: rows in the order of their writing, and the position.

        `take` is called in the event loop. Raises `ReadFailed`, `Fenced` or `CommitAborted`.
        """
        ...

    async def newest_position(self) -> Position | None:
        """Fence everybody else, and read how far the partition is, without its rows. Raises as `take_over` does."""
        ...

    async def recent(self, wanted: RecentRange, take: Take[RecentRecord]) -> None:
        """Read the recent records; `take` is called in the event loop. Raises `ReadFailed`."""
        ...

    async def commit(self, unit: Unit, position: Position) -> None:
        """Write everything in one transaction. Raises `Fenced`, `CommitAborted` or `CommitUnknown`."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


class KafkaPartitionLog:
    """The same on a real broker. `options` are librdkafka's for the connection; `prefix` names the installation."""

    def __init__(
        self, options: dict[str, Any], topics: TopicNames, partition: int, position_key: bytes, executor: Executor
    ) -> None:
        self._options = options
        self._topics = topics
        self._partition = partition
        self._position_key = position_key
        self._executor = executor
        self._producer: PartitionProducer | None = None
        self._closed = False

    async def take_over(self, take: Take[RowRecord]) -> Position | None:
        """Fence the previous owner, and read what is pending."""
        return await self._in_thread(self._take_over, self._in_loop(take))

    async def newest_position(self) -> Position | None:
        """Fence everybody else, and read how far the partition is."""
        return await self._in_thread(self._newest_position)

    async def recent(self, wanted: RecentRange, take: Take[RecentRecord]) -> None:
        """Read the recent records."""
        await self._in_thread(self._recent, wanted, self._in_loop(take))

    async def commit(self, unit: Unit, position: Position) -> None:
        """Write everything in one transaction."""
        await self._in_thread(self._commit, unit, position)

    async def close(self) -> None:
        """Give the connections back; what is being read is given up."""
        self._closed = True
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await self._in_thread(producer.close)

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    def _in_loop(self, take: Take[Item]) -> Take[Item]:
        """For a thread: hand over to the event loop, in small portions, and wait until each has been taken."""
        loop = asyncio.get_running_loop()

        def hand_over(items: list[Item]) -> None:
            for start in range(0, len(items), PORTION):
                if self._closed:
                    raise ReadFailed("the partition was given up")
                taken: Future[None] = Future()
                loop.call_soon_threadsafe(_fulfil, taken, take, items[start : start + PORTION])
                while not wait([taken], _POLL_SECONDS).done and not self._closed:
                    continue
                if taken.done():
                    taken.result()

        return hand_over

    def _take_over(self, take: Take[RowRecord]) -> Position | None:
        self._fence()
        pending = TopicPartition(self._topics.pending, self._partition)
        return read_pending(self._options, pending, self._position_key, take, TAKEOVER_TIMEOUT_SECONDS)

    def _newest_position(self) -> Position | None:
        self._fence()
        position = read_position(
            self._options, self._topics.pending, self._partition, self._position_key, TAKEOVER_TIMEOUT_SECONDS
        )
        give_back()
        return position

    def _fence(self) -> None:
        if self._producer is not None:
            self._producer.close()
        transactional_id = f"{self._topics.profile_events}-{self._partition}"
        producer = self._producer = PartitionProducer(self._options, transactional_id, self._partition)
        if self._closed:  # in the meantime, by the event loop: nobody else would let go of its threads
            self._producer = None
            raise ReadFailed("the partition was given up")
        producer.fence(TAKEOVER_TIMEOUT_SECONDS)

    def _recent(self, wanted: RecentRange, take: Take[RecentRecord]) -> None:
        source = TopicPartition(self._topics.profile_events, self._partition)
        read_recent(self._options, source, wanted, take, TAKEOVER_TIMEOUT_SECONDS)
        give_back()

    def _commit(self, unit: Unit, position: Position) -> None:
        if self._producer is None:
            raise RuntimeError("commit before takeover")
        topics = self._topics
        messages = {
            topics.outcomes: _messages(unit.outcomes),
            topics.attempts: _messages(unit.attempts),
            topics.dead_letters: _messages(unit.dead_letters),
            topics.pending: _messages([*unit.rows.items(), (self._position_key, encode(position))]),
        }
        self._producer.commit({topic: rows for topic, rows in messages.items() if rows}, COMMIT_TIMEOUT_SECONDS)


def _fulfil(taken: Future[None], take: Take[Item], items: list[Item]) -> None:
    try:
        take(items)
    except BaseException as error:
        taken.set_exception(error)
        raise
    taken.set_result(None)


def _messages(pairs: Iterable[tuple[bytes | None, bytes | None]]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in pairs]
