"""The newest records of a topic, read on demand by a consumer without a group, within bounds."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import Topic
from control_plane.groupless_consumer import groupless

RECORDS = 4_000
BYTES = 16 * 1024 * 1024
SECONDS = 3.0
KEPT_SECONDS = 3.0
"""So long one reading serves everybody: an editor asks again with every keystroke."""
_WITHOUT_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)

Digest = TypeVar("Digest")


class TopicUnreadable(Exception):
    """Kafka did not answer."""


class TopicTail(Generic[Digest]):
    """Whoever asks while it reads gets the same answer; `digest` makes it of the messages."""

    def __init__(self, settings: KafkaSettings, topic: Topic, digest: Callable[[Sequence[Any]], Digest]) -> None:
        self._topic = settings.topic_prefix + topic.name
        self._digest = digest
        bounds = {"enable.partition.eof": True, "queued.max.messages.kbytes": BYTES // 1024}
        self._options = groupless(settings, **bounds)
        self._thread = ThreadPoolExecutor(1, f"tail-of-{topic.name}")
        self._reading: asyncio.Task[Digest] | None = None
        self._good_until = 0.0

    async def newest(self) -> Digest:
        """Of the newest records, at most `KEPT_SECONDS` old; raises `TopicUnreadable`."""
        is_good = self._reading is not None and (not self._reading.done() or time.monotonic() < self._good_until)
        if self._reading is None or not is_good:
            self._reading = asyncio.create_task(self._read_newest(), name=f"tail of {self._topic}")
        return await asyncio.shield(self._reading)

    async def _read_newest(self) -> Digest:
        self._good_until = 0.0
        digest = await asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        self._good_until = time.monotonic() + KEPT_SECONDS
        return digest

    def _read(self) -> Digest:
        consumer = Consumer(self._options)
        try:
            starts = self._starts_once_led(consumer)
            consumer.assign(starts)
            messages = list(_until_the_end(consumer, len(starts))) if starts else []
        except KafkaException as error:
            raise TopicUnreadable(str(error.args[0])) from error
        finally:
            consumer.close()
        return self._digest(messages)

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
            elif error.code() == KafkaError._PARTITION_EOF:  # librdkafka's own codes look so
                partitions -= 1
            else:
                raise KafkaException(error)
