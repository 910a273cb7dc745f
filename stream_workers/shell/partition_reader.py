"""Reading a partition without a group: what is pending at a takeover, and the recent past of the source."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.records.codec import UndecodableRecord, decode
from connectors.records.delivery import Position

_POLL_SECONDS = 0.2
_FETCH = 2_000
_QUEUE_KBYTES = 4_096
"""What librdkafka may have fetched ahead: eight partitions are read at a time, and its own bound is 64 MB for each."""
_TAIL = 100

RowRecord = tuple[bytes, bytes | None]
"""Row key, and the row's bytes or `None` when it is no more."""
Item = TypeVar("Item")
Take = Callable[[list[Item]], None]
"""What is called with portion after portion of what is read."""


class ReadFailed(Exception):
    """Kafka gave nothing more of a partition before its end; the takeover is tried again."""


def read_pending(
    options: dict[str, Any], pending: TopicPartition, position_key: bytes, take: Take[RowRecord], timeout: float
) -> Position | None:
    """The committed rows of a partition, in the order of their writing, and its position; blocking.

    Raises `ReadFailed`.
    """
    position: Position | None = None
    start = TopicPartition(pending.topic, pending.partition, 0)
    for messages in _read_to_end(options, start, timeout):
        rows: list[RowRecord] = []
        for message in messages:
            key, value = message.key(), message.value()
            if key != position_key:
                if key is not None:
                    rows.append((key, value))
            elif value is not None:
                position = _position(value) or position
        take(rows)
    return position


def read_position(
    options: dict[str, Any], topic: str, partition: int, position_key: bytes, timeout: float
) -> Position | None:
    """The newest committed position, which is the last record of every transaction; `None` when there is none.

    It is near the end, unless transactions that were aborted stand behind it: then more and more is read. Raises
    `ReadFailed`.
    """
    consumer = _consumer(options)
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=timeout)
    except KafkaException as error:
        raise ReadFailed(str(error.args[0])) from error
    finally:
        consumer.close()
    tail = _TAIL
    newest: Position | None = None
    while newest is None:
        start = max(low, high - tail)
        for messages in _read_to_end(options, TopicPartition(topic, partition, start), timeout):
            for message in messages:
                if message.key() == position_key and message.value() is not None:
                    newest = _position(message.value()) or newest
        if start == low:
            break
        tail *= _TAIL
    return newest


def _position(value: bytes) -> Position | None:
    """An unreadable one does not count: the one before it does."""
    try:
        return decode(Position, value)
    except UndecodableRecord:
        return None


@dataclass(frozen=True, slots=True)
class RecentRecord:
    """A record of the recent past, as the horizon needs it."""

    value: bytes
    offset: int
    appended_at: int


@dataclass(frozen=True, slots=True)
class RecentRange:
    """Records appended since a time (unix ms) and below the offset `until`; the last `at_most` of them."""

    since_ms: int
    until: int
    at_most: int


def read_recent(
    options: dict[str, Any], source: TopicPartition, wanted: RecentRange, take: Take[RecentRecord], timeout: float
) -> None:
    """The recent records of a partition; blocking. Raises `ReadFailed`."""
    topic, partition = source.topic, source.partition
    consumer = _consumer(options)
    try:
        since = TopicPartition(topic, partition, wanted.since_ms)
        found = consumer.offsets_for_times([since], timeout=timeout)[0].offset
        low, _high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=timeout)
    except KafkaException as error:
        raise ReadFailed(str(error.args[0])) from error
    finally:
        consumer.close()
    start = max(low, wanted.until - wanted.at_most, found if found >= 0 else wanted.until)
    if start < wanted.until:
        for messages in _read_to_end(options, TopicPartition(topic, partition, start), timeout):
            take(
                [
                    RecentRecord(message.value(), message.offset(), message.timestamp()[1])
                    for message in messages
                    if message.value() is not None and message.offset() < wanted.until
                ]
            )
            if messages[-1].offset() >= wanted.until:
                return


def _consumer(options: dict[str, Any]) -> Consumer:
    return Consumer(
        {
            **options,
            "group.id": "patchbay-unused",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
            "queued.min.messages": 100_000,
            "queued.max.messages.kbytes": _QUEUE_KBYTES,
            "log_level": 3,
        }
    )


def _read_to_end(options: dict[str, Any], start: TopicPartition, timeout: float) -> Iterator[list[Message]]:
    """Portions that are not empty; fails when nothing comes for `timeout` seconds, however long the whole takes."""
    consumer = _consumer(options)
    deadline = time.monotonic() + timeout
    try:
        consumer.assign([start])
        while True:
            polled = consumer.consume(_FETCH, _POLL_SECONDS)
            messages = [message for message in polled if message.error() is None]
            if messages:
                yield messages
                deadline = time.monotonic() + timeout
            if any(_ends(message.error()) for message in polled if message.error() is not None):
                return
            if time.monotonic() > deadline:
                raise ReadFailed(f"{start.topic}/{start.partition} gave nothing more for {timeout:.0f} s")
    except KafkaException as error:
        raise ReadFailed(str(error.args[0])) from error
    finally:
        consumer.close()


def _ends(error: KafkaError) -> bool:
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    if not error.retriable():
        raise ReadFailed(str(error))
    return False
