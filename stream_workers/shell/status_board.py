"""The `worker-status` topic: what this worker says of itself, and how many workers are alive."""

import asyncio
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException, Message, Producer

from connectors.records.codec import UndecodableRecord, decode, encode
from connectors.records.delivery import WorkerStatus
from connectors.records.topics import WORKER_STATUS
from stream_workers.shell.clock import Clock

ALIVE_SECONDS = 10.0
_EVERY_SECONDS = 1.0


class StatusBoard:
    """Publishes this worker's status every second and whenever it changes, and reads everybody's.

    `refused` is told why Kafka does not take it, once until it does.
    """

    def __init__(
        self,
        options: dict[str, Any],
        topic: str,
        status: Callable[[], WorkerStatus],
        clock: Clock,
        refused: Callable[[str], None],
    ) -> None:
        self._topic = topic
        self._status = status
        self._clock = clock
        self._refused = refused
        self._producer = Producer(
            {
                **options,
                "linger.ms": 0,
                "message.timeout.ms": 5000,
                "message.max.bytes": int(WORKER_STATUS.config["max.message.bytes"]),
                "log_level": 3,
            }
        )
        self._others: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._worker_id = ""
        self._is_refused = False

    def start(self) -> None:
        """Begin to publish."""
        self._task = asyncio.get_running_loop().create_task(self._publish_always())

    @property
    def has_ended(self) -> bool:
        """It ended by itself, which it never should."""
        return self._task is not None and self._task.done()

    def changed(self) -> None:
        """Something worth telling at once: a config version was applied."""
        self._changed.set()

    async def stop(self) -> None:
        """Say goodbye: a tombstone, so that nobody waits for this worker."""
        if self._task is not None:
            self._task.cancel()
        if self._worker_id:
            self._produce(self._worker_id, None)
            await asyncio.get_running_loop().run_in_executor(None, self._producer.flush, 3.0)

    def take(self, messages: list[Message]) -> None:
        """Statuses of workers, from the topic; their own clock does not matter, only when Kafka had them."""
        for message in messages:
            worker_id = (message.key() or b"").decode("utf-8", "replace")
            try:
                value = message.value()
                if value is None:
                    self._others.pop(worker_id, None)
                elif decode(WorkerStatus, value).partitions:
                    self._others[worker_id] = message.timestamp()[1] / 1000
            except UndecodableRecord:
                self._others.pop(worker_id, None)

    def alive(self) -> int:
        """How many workers that own partitions were heard from lately; at least this one."""
        since = self._clock.now_ms() / 1000 - ALIVE_SECONDS
        self._others = {worker: at for worker, at in self._others.items() if at >= since}
        return max(1, len(self._others))

    async def _publish_always(self) -> None:
        while True:
            status = self._status()
            self._worker_id = status.worker_id
            self._produce(status.worker_id, encode(status))
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), _EVERY_SECONDS)
            except TimeoutError:
                continue

    def _produce(self, worker_id: str, value: bytes | None) -> None:
        try:
            self._producer.produce(self._topic, key=worker_id.encode(), value=value, on_delivery=self._answered)
        except (BufferError, KafkaException) as error:
            self._answered(error)
        self._producer.poll(0)

    def _answered(self, error: object, _message: Message | None = None) -> None:
        if error is not None and not self._is_refused:
            self._refused(str(error))
        self._is_refused = error is not None
