"""Following a topic of one partition from its beginning, without a group, and knowing whether we still hear it."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream_workers.shell.clock import Clock

_POLL_SECONDS = 0.1
_LISTEN_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
_FETCH = 5_000
_PORTION = 200


class TopicTail:
    """Reads in a thread of its own, so that a busy event loop never looks like a silent broker.

    `take` is called in the event loop with every batch of messages, in order. When it raises, the thread ends: what was
    not taken never comes again.
    """

    def __init__(
        self, options: dict[str, Any], topic: str, take: Callable[[list[Message]], None], clock: Clock
    ) -> None:
        self._options = options
        self._topic = topic
        self._take = take
        self._clock = clock
        self._next = OFFSET_BEGINNING
        self._at_end = False
        self._heard_at = float("-inf")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.caught_up = asyncio.Event()

    def heard_within(self, seconds: float) -> bool:
        """True when Kafka said, that long ago at most, that all it has is applied here."""
        return self._clock.monotonic() - self._heard_at <= seconds

    def start(self) -> None:
        """Begin to read; Kafka may be away, now and later."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, name=f"tail-{self._topic}", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """It ended by itself, which it never should."""
        return self._thread is not None and not self._thread.is_alive()

    async def stop(self) -> None:
        """Stop reading."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join, _ANSWER_SECONDS)

    # --- in the thread ---

    def _follow(self) -> None:
        while not self._stopping.is_set():
            consumer = Consumer(
                {
                    **self._options,
                    "group.id": "patchbay-unused",
                    "enable.auto.commit": False,
                    "isolation.level": "read_committed",
                    "auto.offset.reset": "earliest",
                    "enable.partition.eof": True,
                    "fetch.wait.max.ms": 100,
                    "log_level": 0,
                }
            )
            try:
                self._read(consumer)
            except KafkaException:
                self._stopping.wait(_RETRY_SECONDS)
            finally:
                consumer.close()

    def _read(self, consumer: Consumer) -> None:
        self._at_end = False
        consumer.assign([TopicPartition(self._topic, 0, self._next)])
        listened_at = float("-inf")
        while not self._stopping.is_set():
            first = consumer.poll(_POLL_SECONDS)
            if first is not None:
                self._hand_over([first, *consumer.consume(_FETCH, 0)])
            now = self._clock.monotonic()
            if now - listened_at >= _LISTEN_SECONDS and self._listen(consumer, now):
                listened_at = now

    def _hand_over(self, polled: list[Message]) -> None:
        messages = []
        for message in polled:
            error = message.error()
            if error is None:
                messages.append(message)
                self._at_end = False
            elif error.code() == KafkaError._PARTITION_EOF:
                self._at_end = True
            elif not error.retriable():
                raise KafkaException(error)
        if messages:
            self._next = messages[-1].offset() + 1
            for start in range(0, len(messages), _PORTION):
                self._take_in_loop(messages[start : start + _PORTION])

    def _listen(self, consumer: Consumer, asked_at: float) -> bool:
        """Ask Kafka for a sign of life; true when it answered and all it had committed has been handed over.

        The end is known from the partition's end event: offsets alone do not tell, as transactions leave markers.
        """
        consumer.get_watermark_offsets(TopicPartition(self._topic, 0), timeout=_ANSWER_SECONDS)
        if self._at_end:
            self._in_loop(self._heard, asked_at)
        return self._at_end

    def _take_in_loop(self, messages: list[Message]) -> None:
        """Wait for the loop after each portion: a large configuration must not keep it from turning."""
        taken: Future[None] = Future()

        def take(portion: list[Message]) -> None:
            try:
                taken.set_result(self._take(portion))
            except BaseException as error:  # noqa: BLE001  # raised in the thread
                taken.set_exception(error)

        self._in_loop(take, messages)
        while not wait([taken], _POLL_SECONDS).done and not self._stopping.is_set():
            continue
        if taken.done():
            taken.result()

    def _in_loop(self, function: Callable[[Any], None], argument: Any) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, argument)

    def _heard(self, asked_at: float) -> None:
        self._heard_at = asked_at
        self.caught_up.set()
