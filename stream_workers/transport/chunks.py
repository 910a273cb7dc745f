"""A Faust transport driver that hands each fetched partition batch to the agent as one message.

Stock Faust spends 70 to 80 µs on a record before any agent runs, most of it on two asyncio tasks per message. This
driver leans on private names of faust-streaming 0.15.3 and aiokafka 0.14.0; `INTERNALS` lists them, and a test fails
when one is gone.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as stock
from faust.types.tuples import TP, ConsumerMessage

from stream_workers.transport.lease import Lease

SCHEME = "kafka-chunks"
FAUST_VERSION, AIOKAFKA_VERSION = "0.15.3", "0.14.0"
INTERNALS: Mapping[str, tuple[str, ...]] = {
    "faust.transport.drivers.aiokafka:Consumer": (
        "_wait_next_records",
        "_getmany",
        "_buffered_partitions",
        "perform_seek",
        "_new_consumer_thread",
        "_to_message",
        "_drain_messages",
        "_read_offset",
    ),
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread": (
        "_create_worker_consumer",
        "_ensure_consumer",
        "verify_event_path",
    ),
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener": ("on_partitions_revoked", "on_partitions_assigned"),
    "aiokafka.consumer.group_coordinator:GroupCoordinator": ("_do_heartbeat", "_coordination_task"),
}
_HINT_SECONDS = 5.0
_NO_ROOM_SECONDS = 0.005
_SOME_ROOM_SECONDS = 0.05
_AGAIN_SECONDS = 0.5


def _always(_topic: str, _partition: int) -> bool:
    return True


@dataclass(slots=True)
class Chunking:
    """What the driver is told by the application: which topics are chunked, and which partitions can take more."""

    lease: Lease
    topics: frozenset[str] = frozenset()
    has_room: Callable[[str, int], bool] = field(default=_always)
    fetch_min_bytes: int = 1
    fetch_max_wait_ms: int = 500


class RebalanceListener(stock.ConsumerRebalanceListener):
    """Keeps the lease while the group's membership changes."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """aiokafka calls it, in the consumer's thread, when the group has given us our partitions."""
        lease = self._thread.app.chunking.lease
        lease.follow(self._thread._ensure_consumer()._coordinator)
        await super().on_partitions_assigned(assigned)


class ConsumerThread(stock.AIOKafkaConsumerThread):
    """The thread of the consumer; reads committed records only, as outcomes are written in transactions."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_min_bytes = self.app.chunking.fetch_min_bytes
        consumer._fetch_max_wait_ms = self.app.chunking.fetch_max_wait_ms
        return consumer

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: stock looks for commits that we do not make, and crashes when a rebalance comes while it looks."""


class ReadOffsets(defaultdict[TP, int | None]):
    """Below what Faust's drain loop drops a message without a word: never anything of a chunked topic.

    The loop notes a message's offset after handing it over, and so undoes a seek that was asked for meanwhile. Whoever
    takes chunks looks at their offsets too.
    """

    def __init__(self, chunking: Chunking) -> None:
        super().__init__(lambda: None)
        self._chunking = chunking

    def __getitem__(self, tp: TP) -> int | None:
        return None if tp.topic in self._chunking.topics else super().__getitem__(tp)


class Consumer(stock.Consumer):
    """For chunked topics, one message per fetched partition batch: its value is the list of records."""

    RebalanceListener = RebalanceListener

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._read_offset = ReadOffsets(self.app.chunking)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        chunking: Chunking = self.app.chunking
        if active_partitions is None:
            return await self._fetched(active_partitions, timeout)
        roomy = {tp for tp in active_partitions if chunking.has_room(tp.topic, tp.partition)}
        if not roomy:
            await asyncio.sleep(_NO_ROOM_SECONDS)
            return {}
        if len(roomy) < len(active_partitions):
            timeout = min(timeout, _SOME_ROOM_SECONDS)
        return await self._fetched(roomy, timeout)

    async def _fetched(self, partitions: set[TP] | None, timeout: float) -> Any:
        """As stock, but what aiokafka could not do while a broker was away is told, and it tries again.

        Stock would crash the app. aiokafka hands each error of its group's coordination to whoever fetches next, and
        goes on once that is done.
        """
        try:
            return await super()._getmany(partitions, timeout)
        except KafkaError as error:
            self.log.warning("Kafka gave nothing: %r", error)
            await asyncio.sleep(_AGAIN_SECONDS)
            return {}

    async def perform_seek(self) -> None:
        """As stock, but a rebalance in the consumer's thread may take the partitions before the seek has come there.

        Stock would crash the app; whoever gets the partitions seeks them anew. When all are gone aiokafka asserts.
        """
        try:
            await super().perform_seek()
        except (IllegalStateError, AssertionError):
            self.log.info("A rebalance came before a seek")

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """The fetched batches; the checks between the yields are those of the stock driver."""
        records, active = await self._wait_next_records(timeout)
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        generation = self.app.consumer_generation_id
        for tp, batch in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if batch and (active is None or tp in active or tp in self._buffered_partitions):
                for message in self._messages(tp, batch, generation):
                    yield tp, message

    def _messages(self, tp: TP, batch: list[ConsumerRecord], generation: int) -> list[ConsumerMessage]:
        if tp.topic not in self.app.chunking.topics:
            return [self._to_message(tp, record) for record in batch]
        last = batch[-1]
        return [
            ConsumerMessage(
                last.topic,
                last.partition,
                last.offset,
                last.timestamp / 1000,
                last.timestamp_type,
                (),
                None,
                batch,
                None,
                0,
                0,
                tp,
                generation_id=generation,
            )
        ]


class Transport(stock.Transport):
    """The driver behind the URL scheme `kafka-chunks`."""

    Consumer = Consumer


async def commit_hint(app: Any, offsets: Mapping[TP, int]) -> None:
    """Tell the group coordinator how far partitions are, with a bound; what goes wrong with a hint is not our concern.

    Stock Faust's commit would crash the app on an error and retry without limit. A commit without a generation is
    accepted by an empty group and could rewind it, so none is sent while we are in no generation.
    """
    thread = app.consumer._thread
    consumer = thread._consumer
    if consumer is None or consumer._coordinator.generation <= 0:
        return
    hints = {TopicPartition(tp.topic, tp.partition): offset for tp, offset in offsets.items()}
    try:
        await _in_thread(thread, consumer.commit, hints)
    except (KafkaError, TimeoutError):
        return


async def ends(app: Any, partitions: Collection[TP]) -> dict[TP, int]:
    """The next offset of each partition, for lag; what cannot be asked now is left out."""
    thread = app.consumer._thread
    consumer = thread._consumer
    if consumer is None or not partitions:
        return {}
    wanted = [TopicPartition(tp.topic, tp.partition) for tp in partitions]
    try:
        found = await _in_thread(thread, consumer.end_offsets, wanted)
    except (KafkaError, TimeoutError):
        return {}
    return {TP(tp.topic, tp.partition): offset for tp, offset in found.items()}


async def seek(app: Any, tp: TP, offset: int) -> None:
    """Read a partition of a chunked topic again from here; returns when that is certain, also after an outage.

    Faust would turn aiokafka's fetcher from this thread, while the consumer's own is in the middle of it: whoever comes
    second finds an entry gone, and crashes. A rebalance may take the partition before; whoever gets it seeks anew.
    """
    thread = app.consumer._thread
    while True:
        try:
            await _in_thread(thread, thread._ensure_consumer().seek, TopicPartition(tp.topic, tp.partition), offset)
        except TimeoutError:
            app.consumer.log.warning("The consumer's thread has not come to a seek; it is asked again")
        except (IllegalStateError, AssertionError):
            app.consumer.log.info("A rebalance came before a seek")
            return
        else:
            return


async def _in_thread(thread: Any, call: Callable[..., Any], *arguments: object) -> Any:
    """What the consumer's thread answers within some seconds; raises what it raises, and `TimeoutError`.

    aiokafka may cancel such a call by itself, which must not end the task that asked as if it had been cancelled.
    """
    asked = asyncio.ensure_future(thread.call_thread(call, *arguments))
    try:
        await asyncio.wait({asked}, timeout=_HINT_SECONDS)
        if not asked.done() or asked.cancelled():
            raise TimeoutError
        return asked.result()
    finally:
        asked.cancel()


def register() -> None:
    """Make the scheme known to Faust; call it before the app is built."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
