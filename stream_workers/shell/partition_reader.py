"""Reading a partition without a group: what is pending at a takeover, and the recent past of the source."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.records.codec import UndecodableRecord, decode
from connectors.records.delivery import Position

_POLL_SECONDS = 0.2
_FETCH = 10_000
_TAIL = 100


class ReadFailed(Exception):
    """Kafka did not give the whole partition within the deadline; the takeover is tried again."""


@dataclass(slots=True)
class Pending:
    """What the `pending` topic says of a partition: its position, and the rows as bytes by row key."""

    position: Position | None = None
    rows: dict[bytes, bytes] = field(default_factory=dict)
    unreadable: int = 0


def read_pending(options: dict[str, Any], topic: str, partition: int, position_key: bytes, timeout: float) -> Pending:
    """The committed state of a partition; blocking. Raises `ReadFailed`."""
    pending = Pending()
    for message in _read_to_end(options, TopicPartition(topic, partition, 0), timeout):
        key, value = message.key(), message.value()
        if key == position_key:
            try:
                pending.position = decode(Position, value) if value is not None else None
            except UndecodableRecord:
                pending.unreadable += 1
        elif value is None:
            pending.rows.pop(key, None)
        elif key is not None:
            pending.rows[key] = value
    return pending


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
        for message in _read_to_end(options, TopicPartition(topic, partition, start), timeout):
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
class RecentRange:
    """Records appended since a time (unix ms) and below the offset `until`; the last `at_most` of them."""

    since_ms: int
    until: int
    at_most: int


def read_recent(
    options: dict[str, Any], source: TopicPartition, wanted: RecentRange, timeout: float
) -> Iterator[Message]:
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
        for message in _read_to_end(options, TopicPartition(topic, partition, start), timeout):
            if message.offset() >= wanted.until:
                return
            yield message


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
            "log_level": 3,
        }
    )


def _read_to_end(options: dict[str, Any], start: TopicPartition, timeout: float) -> Iterator[Message]:
    consumer = _consumer(options)
    deadline = time.monotonic() + timeout
    try:
        consumer.assign([start])
        while True:
            for message in consumer.consume(_FETCH, _POLL_SECONDS):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                elif not error.retriable():
                    raise ReadFailed(str(error))
            if time.monotonic() > deadline:
                raise ReadFailed(f"{start.topic}/{start.partition} was not read to its end within {timeout:.0f} s")
    except KafkaException as error:
        raise ReadFailed(str(error.args[0])) from error
    finally:
        consumer.close()
