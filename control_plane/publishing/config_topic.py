"""The compacted topic `connector-config`, written by one fenced transactional producer at a time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import CONNECTOR_CONFIG

KeyedRecord = tuple[str, bytes | None]

_CALL_SECONDS = 5.0
_FENCED = frozenset(
    {
        KafkaError._FENCED,  # librdkafka's own codes carry an underscore in their names
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
    }
)


class Fenced(Exception):
    """Another relay has opened the topic since: this one may write nothing more until it opens it again."""


class KafkaUnreachable(Exception):
    """Kafka did not take the records; nothing of them is visible, or they will be written again."""


class ConfigTopic(Protocol):
    """Where the relay writes; the tests have one of their own."""

    async def open(self) -> None:
        """Become the only writer; raises `KafkaUnreachable`."""

    async def publish(self, records: Sequence[KeyedRecord]) -> None:
        """Write these in order, in one transaction; raises `Fenced` or `KafkaUnreachable`."""

    async def close(self) -> None:
        """Let go of the connection; never raises."""


class KafkaConfigTopic:
    """The real one. The client library blocks, so that its calls run in a thread, each of them bounded."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_prefix + CONNECTOR_CONFIG.name
        self._options: dict[str, Any] = {
            **settings.librdkafka(),
            "transactional.id": f"{settings.topic_prefix}config-relay",
            "transaction.timeout.ms": 30_000,
            "message.max.bytes": int(CONNECTOR_CONFIG.config["max.message.bytes"]),
            "compression.type": "lz4",
            "log_level": 0,
        }
        self._producer: Any = None
        # One thread, so that calls never overlap, also when the awaiting task is cancelled.
        self._thread = ThreadPoolExecutor(1, "config-topic")

    async def open(self) -> None:
        """Fence every earlier relay."""
        await self.close()
        await self._in_thread(self._open)

    async def publish(self, records: Sequence[KeyedRecord]) -> None:
        """Write and commit; a failure aborts, and the producer must be opened again."""
        try:
            await self._in_thread(self._publish, records)
        except KafkaException as error:
            raise _translate(error) from error

    async def close(self) -> None:
        """Drop the producer: what it had not committed is aborted by whoever opens next, or by the time-out."""
        await self._in_thread(self._close)

    async def _in_thread(self, call: Callable[..., None], *arguments: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()

    def _open(self) -> None:
        producer = Producer(self._options)
        try:
            producer.init_transactions(_CALL_SECONDS)
        except KafkaException as error:
            raise _translate(error) from error
        self._producer = producer

    def _publish(self, records: Sequence[KeyedRecord]) -> None:
        producer = self._producer
        producer.begin_transaction()
        for key, value in records:
            producer.produce(self._topic, key=key.encode(), value=value, partition=0)
            producer.poll(0)
        producer.commit_transaction(_CALL_SECONDS)


def _translate(error: KafkaException) -> Exception:
    cause: KafkaError = error.args[0]
    told = f"{cause.name()}: {cause.str()}"
    return Fenced(told) if cause.code() in _FENCED else KafkaUnreachable(told)
