"""The newest events of `profile-events`, read on demand by a consumer without a group, within bounds."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import UndecodableRecord, decode_event
from connectors.records.profile_event import ProfileEvent
from connectors.records.topics import PROFILE_EVENTS

RECORDS = 4_000
BYTES = 16 * 1024 * 1024
SECONDS = 3.0
KEPT_SECONDS = 3.0
"""So long one reading serves everybody: an editor asks again with every keystroke."""
_WITHOUT_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


class EventsUnreadable(Exception):
    """Kafka did not answer."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An event, and where it stands; `at` is when Kafka took it."""

    partition: int
    offset: int
    at: datetime
    event: ProfileEvent


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest events of every workspace, the newest first, out of so many records."""

    samples: tuple[Sample, ...] = ()
    searched: int = 0


class RecentEvents(Protocol):
    """Where samples come from; the tests have one of their own."""

    async def newest(self) -> Tail:
        """The newest events; raises `EventsUnreadable`."""


class KafkaRecentEvents:
    """The real one. Whoever asks while it reads gets the same answer."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_prefix + PROFILE_EVENTS.name
        self._options: dict[str, Any] = {
            **settings.librdkafka(),
            "group.id": f"{settings.topic_prefix}control-plane-{uuid4().hex}",  # required, and never used
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "queued.max.messages.kbytes": BYTES // 1024,
            "log_level": 0,
        }
        self._thread = ThreadPoolExecutor(1, "recent-events")
        self._reading: asyncio.Task[Tail] | None = None
        self._tail, self._good_until = Tail(), 0.0

    async def newest(self) -> Tail:
        """The newest events, at most `KEPT_SECONDS` old; raises `EventsUnreadable`."""
        if time.monotonic() < self._good_until:
            return self._tail
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_newest(), name="recent events")
        return await asyncio.shield(self._reading)

    async def _read_newest(self) -> Tail:
        self._tail = await asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        self._good_until = time.monotonic() + KEPT_SECONDS
        return self._tail

    def _read(self) -> Tail:
        consumer = Consumer(self._options)
        try:
            starts = self._starts_once_led(consumer)
            consumer.assign(starts)
            messages = list(_until_the_end(consumer, len(starts))) if starts else []
        except KafkaException as error:
            raise EventsUnreadable(str(error.args[0])) from error
        finally:
            consumer.close()
        samples = sorted(filter(None, map(_sample, messages)), key=lambda sample: sample.at, reverse=True)
        return Tail(tuple(samples), len(messages))

    def _starts_once_led(self, consumer: Any) -> list[TopicPartition]:
        """A partition has no leader for a moment when it is made, or when its broker has gone."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return self._starts(consumer)
            except KafkaException as error:
                if error.args[0].code() not in _WITHOUT_LEADER or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _starts(self, consumer: Any) -> list[TopicPartition]:
        partitions = consumer.list_topics(self._topic, SECONDS).topics[self._topic].partitions
        starts = []
        for partition in partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), SECONDS)
            if high > low:
                starts.append(TopicPartition(self._topic, partition, max(low, high - RECORDS // len(partitions))))
        return starts


def _until_the_end(consumer: Any, partitions: int) -> Iterator[Any]:
    deadline, size = time.monotonic() + SECONDS, 0
    while partitions and size < BYTES and time.monotonic() < deadline:
        for message in consumer.consume(500, 0.1):
            error = message.error()
            if error is None:
                size += len(message)
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # librdkafka's own codes look so
                partitions -= 1
            else:
                raise KafkaException(error)


def _sample(message: Any) -> Sample | None:
    try:
        event = decode_event(message.value() or b"")
    except UndecodableRecord:
        return None  # the workers make a dead letter of it
    at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
    return Sample(message.partition(), message.offset(), at, event)
