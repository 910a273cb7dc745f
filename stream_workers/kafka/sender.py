"""The Kafka sender: one producer per connector, one total deadline per call, every end a value."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from connectors.kit.address import AddressPolicy
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import (
    NOT_SENT,
    Answer,
    NotSent,
    PartnerRequest,
    Sender,
    TransportError,
    TransportErrorKind,
)
from stream_workers.kafka.guard import NoWayToBroker, check_brokers
from stream_workers.kafka.producer import TopicProducer
from stream_workers.kafka.record import OutgoingRecord, read_record
from stream_workers.kafka.translation import answer

StillWanted = Callable[[], bool]
CHECKED_SECONDS = 60.0
CLUSTERS_ASKED_AT_ONCE = 8


class KafkaSender(Sender):
    """The `Sender` for `kafka`. All calls come from one event loop.

    A record that has been handed to the Kafka client cannot be called back: when the calling task is cancelled, it may
    still arrive, within the connector's timeout.
    """

    def __init__(self, policy: AddressPolicy, *, ca_file: Path | None = None) -> None:
        self._policy = policy
        self._ca_file = ca_file
        self._producers: dict[str, TopicProducer] = {}
        self._checks: dict[TopicProducer, asyncio.Task[Answer | None]] = {}
        self._executor = ThreadPoolExecutor(CLUSTERS_ASKED_AT_ONCE, thread_name_prefix="kafka cluster")
        self._is_open = False

    async def open(self) -> None:
        """Called once in the running loop, before the first request."""
        self._is_open = True

    async def close(self) -> None:
        """Called once at the end: what still runs ends as a lost connection."""
        self._is_open = False
        for connector_id in list(self._producers):
            self.forget(connector_id)
        for check in self._checks.values():
            check.cancel()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def forget(self, connector_id: str) -> None:
        """Called when a connector is removed: its connections are closed."""
        producer = self._producers.pop(connector_id, None)
        if producer is not None:
            producer.close()

    async def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: StillWanted | None = None,
    ) -> Answer | NotSent:
        """One exchange; see `Sender`."""
        started_at = monotonic()
        if not self._is_open:
            return TransportError(TransportErrorKind.CONNECTION_LOST, "The sender is closed.")
        try:
            record = read_record(request)
        except InvalidSettings as problem:
            return TransportError(TransportErrorKind.REQUEST_INVALID, problem.detail)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._exchange(record, connector_id, timeout_seconds, started_at, still_wanted)
        except TimeoutError:
            return TransportError(TransportErrorKind.TIMEOUT, "The cluster did not answer in time.", _ms(started_at))
        except NoWayToBroker as refused:
            return TransportError(refused.kind, refused.detail, _ms(started_at))

    async def _exchange(
        self,
        record: OutgoingRecord,
        connector_id: str,
        timeout_seconds: float,
        started_at: float,
        still_wanted: StillWanted | None,
    ) -> Answer | NotSent:
        producer = await self._producer(record, connector_id, timeout_seconds)
        if record.topic is None or producer.is_stale(CHECKED_SECONDS):
            refusal = await self._checked(producer)
            if refusal is not None or record.topic is None:
                return refusal or answer(200, {"brokers": len(producer.brokers)}, _ms(started_at))
        # From here to the client's queue there is no await: what `still_wanted` says holds when the record leaves.
        if still_wanted is not None and not still_wanted():
            return NOT_SENT
        return await producer.produce(record, started_at)

    async def _producer(self, record: OutgoingRecord, connector_id: str, timeout_seconds: float) -> TopicProducer:
        known = self._producers.get(connector_id)
        if known is not None and known.serves(record.access, timeout_seconds):
            return known
        await check_brokers([(one.host, one.port) for one in record.access.address.servers], self._policy)
        if self._producers.get(connector_id) is not known:
            return await self._producer(record, connector_id, timeout_seconds)
        self.forget(connector_id)
        producer = TopicProducer(record.access, timeout_seconds, self._ca_file)
        self._producers[connector_id] = producer
        return producer

    async def _checked(self, producer: TopicProducer) -> Answer | None:
        """The brokers that the cluster names are allowed too: asked once for all who wait. `None` when all is well."""
        check = self._checks.get(producer)
        if check is None:
            check = self._checks[producer] = asyncio.get_running_loop().create_task(self._check(producer))
            check.add_done_callback(lambda done: self._check_is_over(producer, done))
        return await asyncio.shield(check)

    async def _check(self, producer: TopicProducer) -> Answer | None:
        refusal = await asyncio.get_running_loop().run_in_executor(self._executor, producer.find_brokers)
        if refusal is None:
            await check_brokers(producer.brokers, self._policy)
            producer.start()
        return refusal

    def _check_is_over(self, producer: TopicProducer, check: "asyncio.Task[Answer | None]") -> None:
        self._checks.pop(producer, None)
        if not check.cancelled():
            check.exception()


def _ms(started_at: float) -> int:
    return int((monotonic() - started_at) * 1000)
