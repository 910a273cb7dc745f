"""Reads `worker-status` without a group, from a moment ago onwards, and tells `LiveWorkers`."""

import time
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import WORKER_STATUS
from control_plane.groupless_consumer import GrouplessConsumer, groupless
from control_plane.worker.live_workers import LIVE_SECONDS, LiveWorkers

_CALL_SECONDS = 5.0
_PAUSE_SECONDS = 2.0


class StatusReader(Protocol):
    """Feeds `LiveWorkers` in the background; the tests have one that feeds nothing."""

    def running(self) -> Any:
        """An async context manager: reads while the block runs."""


class KafkaStatusReader:
    """The real one."""

    def __init__(self, settings: KafkaSettings, workers: LiveWorkers) -> None:
        self._topic = settings.topic_prefix + WORKER_STATUS.name
        self._workers = workers
        self._consumer = GrouplessConsumer(groupless(settings), "worker-status", _PAUSE_SECONDS)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Read while the block runs, through every loss of Kafka."""
        return self._consumer.running(self._read, self._workers)

    def _assign(self, consumer: Any) -> None:
        since = int((time.time() - LIVE_SECONDS) * 1000)
        start = consumer.offsets_for_times([TopicPartition(self._topic, 0, since)], _CALL_SECONDS)
        if start[0].error is not None:
            raise KafkaException(start[0].error)
        consumer.assign(start)

    async def _read(self, consumer: Any) -> None:
        await self._consumer.call(self._assign, consumer)
        while True:
            messages = await self._consumer.call(consumer.consume, 500, 0.5)
            self._raise_errors(messages)
            self._workers.heard((message.key(), message.value()) for message in messages)
            self._workers.trouble = None

    def _raise_errors(self, messages: list[Any]) -> None:
        for message in messages:
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
