"""Looks on Kafka for the oldest report of the workers that is not counted yet, and tells `Freshness`."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from sqlalchemy import select

from connectors.kit.program_settings import KafkaSettings
from connectors.records.metrics_table import metrics_positions
from connectors.records.topics import ATTEMPTS, OUTCOMES
from control_plane.database.engine import Database
from control_plane.freshness.freshness import Freshness
from control_plane.groupless_consumer import GrouplessConsumer, groupless

_CALL_SECONDS = 5.0
_LOOK_SECONDS = 3.0
Place = tuple[str, int]  # topic, partition


class LagReader:
    """Looks every few seconds."""

    def __init__(
        self, settings: KafkaSettings, database: Database, freshness: Freshness, pause_seconds: float = 5.0
    ) -> None:
        self._topics = [settings.topic_prefix + topic.name for topic in (OUTCOMES, ATTEMPTS)]
        self._database = database
        self._freshness = freshness
        self._pause_seconds = pause_seconds
        options = {
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": 1024,
        }
        self._consumer = GrouplessConsumer(groupless(settings, **options), "statistics-lag", pause_seconds)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Look while the block runs, through every loss of Kafka and the database."""
        return self._consumer.running(self._look, self._freshness)

    async def _look(self, consumer: Any) -> None:
        while True:
            counted = await self._counted()
            self._freshness.seen(await self._consumer.call(self._oldest, consumer, counted))
            await asyncio.sleep(self._pause_seconds)

    async def _counted(self) -> dict[Place, int]:
        c = metrics_positions.c
        async with self._database.transaction(write=False) as session:
            rows = await session.execute(select(c.topic, c.partition, c.next_offset))
            return {(topic, partition): offset for topic, partition, offset in rows}

    def _oldest(self, consumer: Any, counted: Mapping[Place, int]) -> int | None:
        behind = [place for topic in self._topics for place in _behind(consumer, topic, counted)]
        if not behind:
            return None
        consumer.assign(behind)
        try:
            return min(_first_times(consumer, len(behind)), default=None)
        finally:
            consumer.unassign()


def _behind(consumer: Any, topic: str, counted: Mapping[Place, int]) -> list[TopicPartition]:
    found = consumer.list_topics(topic, timeout=_CALL_SECONDS).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    behind = []
    for partition in sorted(found.partitions):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), _CALL_SECONDS)
        start = max(low, counted.get((topic, partition), low))
        if start < high:
            behind.append(TopicPartition(topic, partition, start))
    return behind


def _first_times(consumer: Any, partitions: int) -> list[int]:
    """When the first record of each was appended. Behind the last record there may be marks of transactions only."""
    first: dict[Place, int] = {}
    ended: set[Place] = set()
    deadline = time.monotonic() + _LOOK_SECONDS
    while len(ended | first.keys()) < partitions and time.monotonic() < deadline:
        for message in consumer.consume(100, 0.2):
            place, error = (message.topic(), message.partition()), message.error()
            if error is None:
                first.setdefault(place, message.timestamp()[1])
            elif error.code() == KafkaError._PARTITION_EOF:  # librdkafka's own codes look so
                ended.add(place)
            else:
                raise KafkaException(error)
    return list(first.values())
