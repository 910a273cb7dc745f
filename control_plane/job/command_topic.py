"""The topic `commands`, written by one fenced transactional producer at a time, which can see what it has written."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import COMMANDS
from control_plane.publishing.config_topic import Fenced, KafkaUnreachable

_CALL_SECONDS = 5.0
_SCAN_SECONDS = 60.0
_HEADER = "patchbay-command"
_FENCED = frozenset(
    {
        KafkaError._FENCED,  # librdkafka's own codes carry an underscore in their names
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
    }
)


@dataclass(frozen=True, slots=True)
class CommandOut:
    """A command to write; `mark` names it, and without a partition it goes to every one."""

    mark: str
    job_id: str
    partition: int | None
    value: bytes


class CommandTopic(Protocol):
    """Where commands go; the tests have one of their own."""

    async def open(self) -> None:
        """Become the only writer; raises `KafkaUnreachable`."""

    async def written_since(self, moment: datetime) -> set[str]:
        """The marks of the commands that are there since then; raises `KafkaUnreachable`."""

    async def publish(self, commands: Sequence[CommandOut]) -> None:
        """Write these in order, all or nothing; raises `Fenced`, or `KafkaUnreachable` when it is not known."""

    async def close(self) -> None:
        """Let go of the connection; never raises."""


class KafkaCommandTopic:
    """The real one. The client library blocks, so that its calls run in a thread, each of them bounded."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_prefix + COMMANDS.name
        self._connection = {**settings.librdkafka(), "log_level": 0}
        self._transactional_id = f"{settings.topic_prefix}job-commands"
        self._producer: Any = None
        # One thread, so that calls never overlap, also when the awaiting task is cancelled.
        self._thread = ThreadPoolExecutor(1, "command-topic")

    async def open(self) -> None:
        """Fence every earlier writer: what it had not committed is aborted."""
        await self.close()
        await self._in_thread(self._open)

    async def written_since(self, moment: datetime) -> set[str]:
        """Read the end of every partition."""
        found: set[str] = await self._in_thread(self._scan, int(moment.timestamp() * 1000))
        return found

    async def publish(self, commands: Sequence[CommandOut]) -> None:
        """Write and commit."""
        await self._in_thread(self._publish, commands)

    async def close(self) -> None:
        """Drop the producer."""
        await self._in_thread(self._close)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        except KafkaException as error:
            cause: KafkaError = error.args[0]
            told = f"{cause.name()}: {cause.str()}"
            raise (Fenced(told) if cause.code() in _FENCED else KafkaUnreachable(told)) from error

    def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()

    def _open(self) -> None:
        producer = Producer(
            {
                **self._connection,
                "transactional.id": self._transactional_id,
                "transaction.timeout.ms": 30_000,
                "message.max.bytes": int(COMMANDS.config["max.message.bytes"]),
                "compression.type": "lz4",
            }
        )
        producer.init_transactions(_CALL_SECONDS)
        self._producer = producer

    def _publish(self, commands: Sequence[CommandOut]) -> None:
        producer = self._producer
        partitions = self._partitions(producer)
        producer.begin_transaction()
        for command in commands:
            for partition in partitions if command.partition is None else (command.partition,):
                producer.produce(
                    self._topic,
                    key=command.job_id.encode(),
                    value=command.value,
                    partition=partition,
                    headers=[(_HEADER, command.mark.encode())],
                )
                producer.poll(0)
        producer.commit_transaction(_CALL_SECONDS)

    def _partitions(self, client: Any) -> list[int]:
        found = client.list_topics(self._topic, timeout=_CALL_SECONDS).topics[self._topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return sorted(found.partitions)

    def _scan(self, since_ms: int) -> set[str]:
        consumer = Consumer(
            {
                **self._connection,
                "group.id": f"{self._transactional_id}-unused",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
            }
        )
        try:
            wanted = [TopicPartition(self._topic, partition, since_ms) for partition in self._partitions(consumer)]
            starts = consumer.offsets_for_times(wanted, _CALL_SECONDS)
            consumer.assign(starts)
            return _marks(consumer, len(starts))
        finally:
            consumer.close()


def _marks(consumer: Any, partitions: int) -> set[str]:
    marks: set[str] = set()
    ended: set[int] = set()
    deadline = time.monotonic() + _SCAN_SECONDS
    while len(ended) < partitions:
        if time.monotonic() > deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "reading back took too long"))
        message = consumer.poll(0.5)
        if message is None:
            continue
        error = message.error()
        if error is None:
            marks.update(value.decode() for name, value in message.headers() or () if name == _HEADER)
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())
        else:
            raise KafkaException(error)
    return marks
