"""A Kafka consumer without a group, at work in the background: its calls block, and so run in a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol

import structlog
from confluent_kafka import Consumer, KafkaException

from connectors.kit.program_settings import KafkaSettings
from control_plane.background import in_background
from control_plane.database.engine import DatabaseUnavailable

log = structlog.get_logger(__name__)


class Told(Protocol):
    """Who is told what stands in the way; `None` when nothing does."""

    trouble: str | None


def groupless(settings: KafkaSettings, **options: object) -> dict[str, Any]:
    """A consumer's options; the group is required, and never used."""
    return {
        **settings.librdkafka(),
        "group.id": f"{settings.topic_prefix}control-plane-unused",
        "enable.auto.commit": False,
        "log_level": 0,
        **options,
    }


class GrouplessConsumer:
    """One thread, so that calls never overlap, also when the awaiting task is cancelled."""

    def __init__(self, options: dict[str, Any], name: str, pause_seconds: float) -> None:
        self._options = options
        self._name = name
        self._pause_seconds = pause_seconds
        self._thread = ThreadPoolExecutor(1, name)

    def running(self, work: Callable[[Any], Awaitable[None]], told: Told) -> AbstractAsyncContextManager[None]:
        """Do `work` with a consumer while the block runs, with a new one after every loss of Kafka or the database."""
        return in_background(partial(self._run, work, told), self._name)

    async def call(self, blocking: Callable[..., Any], *arguments: Any) -> Any:
        """In the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, blocking, *arguments)

    async def _run(self, work: Callable[[Any], Awaitable[None]], told: Told) -> None:
        while True:
            consumer = Consumer(self._options)
            try:
                await work(consumer)
            except (KafkaException, DatabaseUnavailable) as trouble:
                self._stumbled(told, str(trouble))
            finally:
                self._thread.submit(consumer.close)
            await asyncio.sleep(self._pause_seconds)

    def _stumbled(self, told: Told, trouble: str) -> None:
        if told.trouble != trouble:
            log.warning("reader_stumbled", reader=self._name, detail=trouble)
        told.trouble = trouble
