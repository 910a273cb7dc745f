"""Following a topic of one partition from its beginning, without a group, and knowing whether we still hear it."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from stream_workers.shell.clock import Clock

_LISTEN_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_ANSWER_SECONDS = 5.0


class TopicTail:
    """Calls `take` with every batch of records, in order. All of it runs in the event loop."""

    def __init__(
        self, options: dict[str, Any], topic: str, take: Callable[[list[ConsumerRecord]], None], clock: Clock
    ) -> None:
        self._options = options
        self._tp = TopicPartition(topic, 0)
        self._take = take
        self._clock = clock
        self._next = 0
        self._heard_at = float("-inf")
        self._tasks: list[asyncio.Task[None]] = []
        self.caught_up = asyncio.Event()

    def heard_within(self, seconds: float) -> bool:
        """True when Kafka said, that long ago at most, that we have read everything."""
        return self._clock.monotonic() - self._heard_at <= seconds

    def start(self) -> None:
        """Begin to read; Kafka may be away, now and later."""
        self._tasks.append(asyncio.get_running_loop().create_task(self._follow()))

    async def stop(self) -> None:
        """Stop reading."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            consumer = AIOKafkaConsumer(
                **self._options,
                group_id=None,
                enable_auto_commit=False,
                isolation_level="read_committed",
                auto_offset_reset="earliest",
                request_timeout_ms=int(_ANSWER_SECONDS * 1000),
                retry_backoff_ms=200,
            )
            try:
                await consumer.start()
                await self._read(consumer)
            except (KafkaError, OSError):
                await asyncio.sleep(_RETRY_SECONDS)
            finally:
                await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        consumer.assign([self._tp])
        if self._next:
            consumer.seek(self._tp, self._next)
        listening = asyncio.get_running_loop().create_task(self._listen(consumer))
        try:
            while not listening.done():
                records = (await consumer.getmany(self._tp, timeout_ms=200)).get(self._tp, [])
                if records:
                    self._next = records[-1].offset + 1
                    self._take(records)
            listening.result()
        finally:
            listening.cancel()

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            asked_at = self._clock.monotonic()
            ends = await asyncio.wait_for(consumer.end_offsets([self._tp]), _ANSWER_SECONDS)
            if await consumer.position(self._tp) >= ends[self._tp]:
                self._heard_at = asked_at
                self.caught_up.set()
                await asyncio.sleep(_LISTEN_SECONDS)
            else:
                await asyncio.sleep(0.02)
