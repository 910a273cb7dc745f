"""The one fenced, transactional producer of an owned partition: what is written together is committed together."""

import threading
import time
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

TRANSACTION_TIMEOUT_SECONDS = 10.0
LARGEST_RECORD_BYTES = 4 * 1024 * 1024
"""A dead letter holds up to 1 MiB of the record in base64; one record that is refused here would hold a partition."""
_FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)
_RETRY_PAUSE_SECONDS = 0.05


class Fenced(Exception):
    """Another worker has taken the partition over; nothing more can be written to it from here."""


class CommitUnknown(Exception):
    """The transaction may or may not have been committed: the position on the topic tells."""


class CommitAborted(Exception):
    """The transaction was aborted; what it held goes into the next one."""


Messages = dict[str, list[dict[str, Any]]]
"""Per topic, messages as librdkafka's `produce_batch` takes them: `{"key": bytes | None, "value": bytes | None}`."""


class PartitionProducer:
    """Blocking; its methods run in a thread. `transactional_id` is the partition's own, on every worker."""

    def __init__(self, options: dict[str, Any], transactional_id: str, partition: int) -> None:
        self._partition = partition
        self._lock = threading.Lock()
        self._producer = Producer(
            {
                **options,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": int(TRANSACTION_TIMEOUT_SECONDS * 1000),
                "linger.ms": 2,
                "compression.type": "lz4",
                "message.max.bytes": LARGEST_RECORD_BYTES,
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": 1_048_576,
                "log_level": 3,
            }
        )

    def fence(self, timeout_seconds: float) -> None:
        """Whoever had the partition before can write nothing any more. Raises `CommitAborted` when Kafka is away."""
        try:
            self._producer.init_transactions(timeout_seconds)
        except KafkaException as error:
            raise _translated(error) from error

    def commit(self, messages: Messages, timeout_seconds: float) -> None:
        """Write and commit; raises `Fenced`, `CommitAborted` or `CommitUnknown`."""
        with self._lock:
            try:
                self._producer.begin_transaction()
                for topic, rows in messages.items():
                    self._produce(topic, rows)
            except (KafkaException, BufferError) as error:
                raise self._abort(error) from error
            self._commit(timeout_seconds)

    def close(self) -> None:
        """Give the connections back; an open transaction is aborted by the broker or by the next owner."""
        with suppress(KafkaException):  # one that has failed for good refuses both, and is let go of all the same
            self._producer.purge()
            self._producer.flush(0)

    def _produce(self, topic: str, messages: list[dict[str, Any]]) -> None:
        queued = self._producer.produce_batch(topic, messages, partition=self._partition)
        if queued != len(messages):
            raise BufferError(f"{len(messages) - queued} of {len(messages)} records were not queued")

    def _commit(self, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                self._producer.commit_transaction(max(0.1, deadline - time.monotonic()))
            except KafkaException as error:
                reason: KafkaError = error.args[0]
                if reason.txn_requires_abort():
                    raise self._abort(error) from error
                if not reason.retriable() or time.monotonic() >= deadline:
                    raise _translated(error, CommitUnknown) from error
                time.sleep(_RETRY_PAUSE_SECONDS)
            else:
                return

    def _abort(self, error: Exception) -> Exception:
        translated = _translated(error)
        if isinstance(translated, Fenced):
            return translated
        try:
            self._producer.abort_transaction(TRANSACTION_TIMEOUT_SECONDS)
        except KafkaException as abort_error:
            return _translated(abort_error, CommitUnknown)
        return translated


def _translated(error: Exception, otherwise: type[Exception] = CommitAborted) -> Exception:
    error.__traceback__ = None  # its frames hold the producer, and librdkafka's errors have been seen to stay
    reason = error.args[0] if isinstance(error, KafkaException) else None
    if isinstance(reason, KafkaError) and reason.code() in _FENCED:
        return Fenced(str(reason))
    return otherwise(str(reason or error))
