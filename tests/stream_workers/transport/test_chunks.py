"""The chunked driver against a real broker: every record once, in chunks, and only where there is room."""

import asyncio
import logging
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError, KafkaError, UnknownMemberIdError
from confluent_kafka import Producer
from faust.types.tuples import TP

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import PROFILE_EVENTS
from stream_workers.app import build_faust_app
from stream_workers.settings import WorkerSettings
from stream_workers.transport.chunks import ConsumerThread, commit_hint, ends, seek
from stream_workers.transport.lease import Lease
from tests.support.waiting import eventually_true


class Chunks:
    """A Faust app that keeps the chunks it is given."""

    def __init__(self, kafka: KafkaSettings) -> None:
        settings = WorkerSettings(kafka=kafka)
        self.lease = Lease(6.0)
        self.app = build_faust_app(settings, "chunks", self.lease)
        self.topic = settings.topic(PROFILE_EVENTS)
        self.app.chunking.topics = frozenset({self.topic})
        self.taken: list[tuple[int, list[int]]] = []
        self.expected = 0
        source = self.app.topic(self.topic, key_serializer="raw", value_serializer="raw", acks=False)
        self.keeps = self.keep
        self.app.agent(source, name="keep")(self.run)

    async def run(self, stream: Any) -> None:
        """The agent."""
        await self.keeps(stream)

    async def keep(self, stream: Any) -> None:
        """Whatever comes."""
        async for event in stream.noack().events():
            self.taken.append((event.message.partition, [record.offset for record in event.message.value]))

    async def keep_without_gaps(self, stream: Any) -> None:
        """Of partition 0; goes back to what has not come, as engine and metrics agent do."""
        async for event in stream.noack().events():
            offsets = [record.offset for record in event.message.value]
            if offsets[0] > self.expected:
                await seek(self.app, event.message.tp, self.expected)
            else:
                self.taken.append((0, [offset for offset in offsets if offset >= self.expected]))
                self.expected = max(self.expected, offsets[-1] + 1)

    def offsets(self, partition: int) -> list[int]:
        """What came of a partition, in order."""
        return [offset for number, offsets in self.taken if number == partition for offset in offsets]


@pytest.fixture
async def chunks(kafka_settings):
    chunks = Chunks(kafka_settings)
    yield chunks
    await chunks.app.stop()


def produce(kafka: KafkaSettings, topic: str, partition: int, count: int, transactional_id: str | None = None) -> None:
    options = {**kafka.librdkafka(), "linger.ms": 5}
    producer = Producer({**options, "transactional.id": transactional_id} if transactional_id else options)
    if transactional_id:
        producer.init_transactions(20)
        producer.begin_transaction()
    for number in range(count):
        producer.produce(topic, key=b"p-1", value=b"%d" % number, partition=partition)
    if transactional_id:
        producer.commit_transaction(20)
    assert producer.flush(20) == 0


async def test_every_record_comes_once_in_order_and_many_at_a_time(chunks, kafka_settings):
    for partition in range(4):
        await asyncio.to_thread(produce, kafka_settings, chunks.topic, partition, 1_000)
    await chunks.app.start()
    await eventually_true(lambda: all(len(chunks.offsets(number)) >= 1_000 for number in range(4)), 30)
    assert all(chunks.offsets(number) == list(range(1_000)) for number in range(4))
    assert len(chunks.taken) < 400
    assert chunks.lease.is_held() or await eventually_true(chunks.lease.is_held) is None


async def test_a_partition_without_room_waits_and_holds_no_other(chunks, kafka_settings):
    full = {0}
    chunks.app.chunking.has_room = lambda _topic, partition: partition not in full
    for partition in range(4):
        await asyncio.to_thread(produce, kafka_settings, chunks.topic, partition, 50)
    await chunks.app.start()
    await eventually_true(lambda: all(len(chunks.offsets(number)) == 50 for number in (1, 2, 3)), 30)
    assert chunks.offsets(0) == []
    full.clear()
    await eventually_true(lambda: len(chunks.offsets(0)) == 50, 30)


async def test_records_of_transactions_come_when_they_are_committed_and_their_markers_do_not(chunks, kafka_settings):
    await asyncio.to_thread(produce, kafka_settings, chunks.topic, 0, 10, "t-1")
    await asyncio.to_thread(produce, kafka_settings, chunks.topic, 0, 10, "t-1")
    await chunks.app.start()
    await eventually_true(lambda: len(chunks.offsets(0)) == 20, 30)
    assert chunks.offsets(0) == [*range(10), *range(11, 21)]


async def test_all_that_lies_behind_a_seek_is_read_again(chunks, kafka_settings):
    chunks.keeps = chunks.keep_without_gaps
    chunks.app.conf.broker_max_poll_records = 50
    has_room = True
    chunks.app.chunking.has_room = lambda *_: has_room
    await chunks.app.start()
    await asyncio.to_thread(produce, kafka_settings, chunks.topic, 0, 10)
    await eventually_true(lambda: chunks.expected == 10, 30)
    has_room = False
    await asyncio.to_thread(produce, kafka_settings, chunks.topic, 0, 650)
    await seek(chunks.app, TP(chunks.topic, 0), 610)
    has_room = True
    await eventually_true(lambda: chunks.expected == 660, 30)
    assert chunks.offsets(0) == list(range(660))


class BrokenThread:
    """Stands for the consumer's thread, where every call ends with this error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self._consumer = SimpleNamespace(
            _coordinator=SimpleNamespace(generation=1), commit=None, end_offsets=None, seek=None
        )
        self.calls = 0

    def _ensure_consumer(self) -> Any:
        return self._consumer

    async def call_thread(self, *_: object) -> None:
        self.calls += 1
        raise self.error


def app_with(thread: BrokenThread) -> Any:
    return SimpleNamespace(consumer=SimpleNamespace(_thread=thread, log=logging.getLogger()))


@pytest.mark.parametrize("error", [KafkaError(), TimeoutError(), asyncio.CancelledError()], ids=repr)
async def test_what_aiokafka_gives_up_by_itself_ends_nobody_who_asked(error):
    app = app_with(BrokenThread(error))
    await commit_hint(app, {TP("profile-events", 0): 7})
    assert await ends(app, {TP("profile-events", 0)}) == {}


@pytest.mark.parametrize("error", [IllegalStateError(), AssertionError()], ids=["this one", "all"])
async def test_a_partition_that_goes_before_its_seek_needs_none(error):
    thread = BrokenThread(error)
    await seek(app_with(thread), TP("profile-events", 0), 7)
    assert thread.calls == 1


async def test_a_seek_that_the_thread_did_not_come_to_is_asked_for_again():
    thread = BrokenThread(TimeoutError())
    seeking = asyncio.create_task(seek(app_with(thread), TP("profile-events", 0), 7))
    await eventually_true(lambda: thread.calls > 1)
    assert not seeking.done()
    thread.error = IllegalStateError()
    await seeking


async def test_a_seek_is_made_in_the_thread_that_fetches(chunks, monkeypatch):
    tp, threads = TP(chunks.topic, 0), []
    await chunks.app.start()
    await eventually_true(lambda: tp in chunks.app.consumer.assignment(), 30)
    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda *_: threads.append(threading.current_thread()))
    await seek(chunks.app, tp, 0)
    assert len(threads) == 1
    assert threads != [threading.current_thread()]


async def test_reading_goes_on_after_what_aiokafka_could_not_do(chunks, kafka_settings, monkeypatch):
    errors = [KafkaError("Unexpected error during coordination"), UnknownMemberIdError()]
    fetch = ConsumerThread.getmany

    async def getmany(thread: Any, *arguments: object, **options: object) -> Any:
        if errors:
            raise errors.pop()
        return await fetch(thread, *arguments, **options)

    monkeypatch.setattr(ConsumerThread, "getmany", getmany)
    await asyncio.to_thread(produce, kafka_settings, chunks.topic, 0, 10)
    await chunks.app.start()
    await eventually_true(lambda: len(chunks.offsets(0)) == 10, 30)
    assert not chunks.app.crashed


@pytest.mark.parametrize("error", [IllegalStateError(), AssertionError()], ids=["some", "all"])
async def test_partitions_that_go_before_a_seek_end_nothing(chunks, monkeypatch, error):
    async def seek_to_committed(_consumer: object) -> None:
        raise error

    await chunks.app.start()
    monkeypatch.setattr(type(chunks.app.consumer), "seek_to_committed", seek_to_committed)
    await chunks.app.consumer.perform_seek()
