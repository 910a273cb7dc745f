"""Reads `worker-status` without a group, from a moment ago onwards, and tells `LiveWorkers`."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import uuid4

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import WORKER_STATUS
from control_plane.background import in_background
from control_plane.worker.live_workers import LIVE_SECONDS, LiveWorkers

log = structlog.get_logger(__name__)

_CALL_SECONDS = 5.0
_PAUSE_SECONDS = 2.0


class StatusReader(Protocol):
    """Feeds `LiveWorkers` in the background; the tests have one that feeds nothing."""

    def running(self) -> Any:
        """An async context manager: reads while the block runs."""


class KafkaStatusReader:
    """The real one: its calls block, so that they run in a thread."""

    def __init__(self, settings: KafkaSettings, workers: LiveWorkers) -> None:
        self._topic = settings.topic_prefix + WORKER_STATUS.name
        self._workers = workers
        self._options = {
            **settings.librdkafka(),
            "group.id": f"{settings.topic_prefix}control-plane-{uuid4().hex}",  # required, and never used
            "enable.auto.commit": False,
            "log_level": 0,
        }
        # One thread, so that calls never overlap, also when the awaiting task is cancelled.
        self._thread = ThreadPoolExecutor(1, "worker-status")

    def running(self) -> AbstractAsyncContextManager[None]:
        """Read while the block runs, through every loss of Kafka."""
        return in_background(self._run, "worker status reader")

    async def _run(self) -> None:
        while True:
            consumer = Consumer(self._options)
            try:
                await self._in_thread(self._assign, consumer)
                await self._read(consumer)
            except KafkaException as error:
                self._stumbled(str(error))
            finally:
                self._thread.submit(consumer.close)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def _assign(self, consumer: Any) -> None:
        since = int((time.time() - LIVE_SECONDS) * 1000)
        start = consumer.offsets_for_times([TopicPartition(self._topic, 0, since)], _CALL_SECONDS)
        if start[0].error is not None:
            raise KafkaException(start[0].error)
        consumer.assign(start)

    async def _read(self, consumer: Any) -> None:
        while True:
            messages = await self._in_thread(consumer.consume, 500, 0.5)
            self._raise_errors(messages)
            self._workers.heard((message.key(), message.value()) for message in messages)
            self._workers.trouble = None

    def _raise_errors(self, messages: list[Any]) -> None:
        for message in messages:
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)

    def _stumbled(self, trouble: str) -> None:
        if self._workers.trouble != trouble:
            log.warning("worker_status_unreadable", detail=trouble)
        self._workers.trouble = trouble
