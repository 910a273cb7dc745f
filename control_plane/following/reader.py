"""Reads whole topics from Kafka without a group, from positions that are kept elsewhere."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import Topic
from control_plane.groupless_consumer import groupless
from control_plane.publishing.config_topic import KafkaUnreachable

_CALL_SECONDS = 5.0
_POLL_SECONDS = 0.5
_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class FollowedRecord:
    """A record as it was read; `topic` is the name without the installation's prefix."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


class TopicReader(Protocol):
    """Where records come from."""

    async def open(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Begin at these positions, at the oldest record of any other partition; raises `KafkaUnreachable`."""

    async def read(self) -> list[FollowedRecord]:
        """What has come, in the order of each partition; empty after half a second without; raises the same."""

    async def close(self) -> None:
        """Let go of the connection; never raises."""


class KafkaTopicReader:
    """The real one; its calls block, so that they run in a thread. `newest` bounds how far back a topic is read."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic], newest: Mapping[str, int]) -> None:
        self._topics = {settings.topic_prefix + topic.name: topic.name for topic in topics}
        self._newest = newest
        options = {
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": 16_384,
        }
        self._options = groupless(settings, **options)
        self._consumer: Any = None
        # One thread, so that calls never overlap, also when the awaiting task is cancelled.
        self._thread = ThreadPoolExecutor(1, "topic-reader")

    async def open(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Begin anew."""
        await self.close()
        await self._in_thread(self._open, positions)

    async def read(self) -> list[FollowedRecord]:
        """What has come."""
        messages: list[Any] = await self._in_thread(self._consume)
        return [
            FollowedRecord(self._topics[message.topic()], message.partition(), message.offset(), message.value())
            for message in messages
        ]

    async def close(self) -> None:
        """Give the connections back."""
        await self._in_thread(self._close)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        except KafkaException as error:
            raise KafkaUnreachable(str(error)) from error

    def _open(self, positions: Mapping[tuple[str, int], int]) -> None:
        self._consumer = Consumer(self._options)
        self._consumer.assign([self._start(place, positions) for place in self._places()])

    def _places(self) -> list[tuple[str, int]]:
        places: list[tuple[str, int]] = []
        for topic in self._topics:
            found = self._consumer.list_topics(topic, timeout=_CALL_SECONDS).topics[topic]
            if found.error is not None:
                raise KafkaException(found.error)
            places.extend((topic, partition) for partition in sorted(found.partitions))
        return places

    def _start(self, place: tuple[str, int], positions: Mapping[tuple[str, int], int]) -> TopicPartition:
        topic, partition = place
        name = self._topics[topic]
        oldest, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), _CALL_SECONDS)
        begin = positions.get((name, partition), oldest)
        if not oldest <= begin <= end:
            begin = oldest
        return TopicPartition(topic, partition, max(begin, end - self._newest.get(name, end)))

    def _consume(self) -> list[Any]:
        messages: list[Any] = self._consumer.consume(_AT_ONCE, _POLL_SECONDS)
        for message in messages:
            if message.error() is not None:
                raise KafkaException(message.error())
        return messages

    def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()
