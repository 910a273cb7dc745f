"""Reading the owned partitions of `commands`, without a group and in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from connectors.records.codec import UndecodableRecord, decode
from connectors.records.delivery import Command

_POLL_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_CLOSE_SECONDS = 3.0

Take = Callable[[int, int, Command | None], None]
"""(partition, offset, command or `None` when it cannot be read); called in the event loop, in order per partition."""


class CommandReader:
    """Follows the partitions that it is told to, each from the offset that its position names."""

    def __init__(self, options: dict[str, Any], topic: str, take: Take) -> None:
        self._options = options
        self._topic = topic
        self._take = take
        self._wanted: dict[int, int] = {}
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to read."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, name="commands", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """It ended by itself, which it never should."""
        return self._thread is not None and not self._thread.is_alive()

    async def stop(self) -> None:
        """Stop reading."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join, _CLOSE_SECONDS)

    def follow(self, partition: int, offset: int) -> None:
        """The partition is ours now."""
        with self._lock:
            self._wanted[partition] = offset
        self._changed.set()

    def leave(self, partition: int) -> None:
        """The partition is ours no more."""
        with self._lock:
            self._wanted.pop(partition, None)
        self._changed.set()

    # --- in the thread ---

    def _follow(self) -> None:
        while not self._stopping.is_set():
            consumer = Consumer(
                {
                    **self._options,
                    "group.id": "patchbay-unused",
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "isolation.level": "read_committed",
                    "log_level": 0,
                }
            )
            self._changed.set()
            try:
                self._read(consumer)
            except KafkaException:
                self._stopping.wait(_RETRY_SECONDS)
            finally:
                consumer.close()

    def _read(self, consumer: Consumer) -> None:
        while not self._stopping.is_set():
            if self._changed.is_set():
                self._changed.clear()
                with self._lock:
                    consumer.assign([TopicPartition(self._topic, number, at) for number, at in self._wanted.items()])
            message = consumer.poll(_POLL_SECONDS)
            if message is not None and message.error() is None:
                self._hand_over(message)
            elif message is not None and not message.error().retriable():
                raise KafkaException(message.error())

    def _hand_over(self, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        with self._lock:
            if self._wanted.get(partition, offset + 1) > offset:
                return
            self._wanted[partition] = offset + 1
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take, partition, offset, _command(message.value()))


def _command(value: bytes | None) -> Command | None:
    try:
        return decode(Command, value) if value is not None else None
    except UndecodableRecord:
        return None
