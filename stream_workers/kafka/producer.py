"""One connector's connection to its Kafka cluster: a producer, and the thread that hears what became of its records."""

import asyncio
import threading
from concurrent.futures import TimeoutError as NoReport
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from connectors.kit.exchange import Answer
from stream_workers.kafka.guard import Broker
from stream_workers.kafka.record import Access, OutgoingRecord
from stream_workers.kafka.translation import answer, explains, translate

POLL_SECONDS = 0.2
CLOSE_SECONDS = 1.0
MIN_SETUP_MS = 1_000
"""The shortest time that the Kafka client allows for setting up a connection."""


class TopicProducer:
    """An idempotent producer. A record that is not delivered within the timeout is dropped and reported as such."""

    def __init__(self, access: Access, timeout_seconds: float, ca_file: Path | None) -> None:
        self.access = access
        self.timeout_seconds = timeout_seconds
        self.brokers: tuple[Broker, ...] = ()
        self.is_broken = False
        """True when the client has given up for good: only another producer goes on."""
        self._found_at = 0.0
        self._properties = _properties(access, timeout_seconds, ca_file)
        self._loop = asyncio.get_running_loop()
        self._reason: KafkaError | None = None
        self._closing = threading.Event()
        self._producer: Any = None

    def serves(self, access: Access, timeout_seconds: float) -> bool:
        """True when a record with this access and timeout can be handed to this producer."""
        return not self.is_broken and (self.access, self.timeout_seconds) == (access, timeout_seconds)

    def find_brokers(self) -> Answer | None:
        """Ask for every broker of the cluster, and keep them; blocks. What is returned says why there are none."""
        started_at = monotonic()
        admin = AdminClient({**self._properties, "error_cb": self._failed})
        asked = admin.describe_cluster(request_timeout=self.timeout_seconds)
        try:
            cluster = asked.result(self.timeout_seconds)
        except NoReport:
            return self._why_not(KafkaError(KafkaError._TIMED_OUT), started_at)
        except KafkaException as error:
            admin.poll(0)
            return self._why_not(error.args[0], started_at)
        self.brokers = tuple((node.host, node.port) for node in cluster.nodes)
        self._found_at = monotonic()
        return None

    def is_stale(self, seconds: float) -> bool:
        """True when the brokers are not known, or were asked for that long ago."""
        return self._producer is None or monotonic() - self._found_at > seconds

    def start(self) -> None:
        """Called when the brokers are known and allowed; again: nothing happens."""
        if self._producer is None and not self._closing.is_set():
            self._producer = Producer(
                {
                    **self._properties,
                    "enable.idempotence": True,
                    "partitioner": "murmur2_random",
                    "linger.ms": 2,
                    "message.timeout.ms": int(self.timeout_seconds * 1000),
                    "error_cb": self._failed,
                }
            )
            threading.Thread(target=self._listen, name="kafka partner", daemon=True).start()

    def produce(self, record: OutgoingRecord, started_at: float) -> "asyncio.Future[Answer]":
        """Hand a record over; the future is done when the cluster has it, or when it is given up."""
        future: asyncio.Future[Answer] = self._loop.create_future()

        def report(error: KafkaError | None, message: Any) -> None:
            # A closed loop refuses the report: nobody waits for it any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_settle, future, self._answer(error, message, started_at))

        try:
            self._producer.produce(
                record.topic, value=record.value, key=record.key, headers=record.headers, on_delivery=report
            )
        except BufferError:
            future.set_result(translate(KafkaError(KafkaError._QUEUE_FULL), _ms(started_at)))
        except KafkaException as refused:
            future.set_result(self._why_not(refused.args[0], started_at))
        return future

    def close(self) -> None:
        """What waits is dropped and reported; does not block."""
        self._closing.set()

    def _listen(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(POLL_SECONDS)
        self._producer.purge()
        self._producer.flush(CLOSE_SECONDS)

    def _answer(self, error: KafkaError | None, message: Any, started_at: float) -> Answer:
        if error is not None:
            return self._why_not(error, started_at)
        self._reason = None
        return answer(200, {"partition": message.partition(), "offset": message.offset()}, _ms(started_at))

    def _why_not(self, error: KafkaError, started_at: float) -> Answer:
        if error.fatal() or error.code() == KafkaError._FATAL:
            self.is_broken = True
        timed_out = error.code() in (KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._TRANSPORT)
        return translate(self._reason if timed_out and self._reason is not None else error, _ms(started_at))

    def _failed(self, error: KafkaError) -> None:
        if explains(error):
            self._reason = error


def _settle(future: "asyncio.Future[Answer]", found: Answer) -> None:
    if not future.done():
        future.set_result(found)


def _properties(access: Access, timeout_seconds: float, ca_file: Path | None) -> dict[str, Any]:
    timeout_ms = int(timeout_seconds * 1000)
    return {
        "bootstrap.servers": access.address.bootstrap,
        "client.id": "patchbay",
        "log_level": 0,
        "socket.connection.setup.timeout.ms": max(timeout_ms, MIN_SETUP_MS),
        "reconnect.backoff.max.ms": max(timeout_ms // 2, 100),
        **({"ssl.ca.location": str(ca_file)} if ca_file else {}),
        **dict(access.properties),
    }


def _ms(started_at: float) -> int:
    return int((monotonic() - started_at) * 1000)
