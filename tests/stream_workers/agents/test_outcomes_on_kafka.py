"""Counting from a real broker: transactions, their markers and their aborts, and consumers that go back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import confluent_kafka
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.kit.program_settings import KafkaSettings
from stream_workers.agents.outcomes import OutcomeDeps, OutcomeFolder
from stream_workers.shell.metrics_store import MetricsStore
from tests.support.outcome_records import RememberingTelemetry, outcome_record
from tests.support.recount import recount, stored_counts

COMMITTED = [outcome_record(offset).value for offset in range(300)]
ABORTED = [outcome_record(offset).value for offset in range(1_000, 1_040)]


class Reader:
    """A consumer of one partition that hands what it fetches to a folder of its own."""

    def __init__(self, consumer: AIOKafkaConsumer, partition: TopicPartition, store: MetricsStore) -> None:
        self.consumer, self.partition = consumer, partition
        deps = OutcomeDeps(
            store, RememberingTelemetry(), lambda *_: True, self.go_to, topic_prefix=partition.topic[:-8]
        )
        self.folder = OutcomeFolder(deps)
        self.moves: list[int] = []

    async def go_to(self, _topic: str, _partition: int, offset: int) -> None:
        self.moves.append(offset)
        self.consumer.seek(self.partition, offset)

    async def read(self, records: int) -> None:
        """Until so many were fetched."""
        while records > 0:
            fetched = await self.consumer.getmany(self.partition, timeout_ms=1_000, max_records=32)
            for chunk in fetched.values():
                await self.folder.take(*self.partition, chunk)
                records -= len(chunk)

    async def read_to_the_end(self) -> None:
        end = (await self.consumer.end_offsets([self.partition]))[self.partition]
        while await self.consumer.position(self.partition) < end:
            await self.read(1)


@asynccontextmanager
async def reading(settings: KafkaSettings, store: MetricsStore, start: int = 0) -> AsyncIterator[Reader]:
    partition = TopicPartition(settings.topic_prefix + "outcomes", 1)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([partition])
    consumer.seek(partition, start)
    try:
        yield Reader(consumer, partition, store)
    finally:
        await consumer.stop()


def write(settings: KafkaSettings) -> None:
    """Thirty transactions of ten outcomes, and an aborted one in the middle."""
    topic = settings.topic_prefix + "outcomes"
    producer = Producer(settings.librdkafka() | {"transactional.id": settings.topic_prefix + "outcomes-1"})
    producer.init_transactions()
    for start in range(0, len(COMMITTED), 10):
        producer.begin_transaction()
        for value in COMMITTED[start : start + 10]:
            producer.produce(topic, value, partition=1)
        producer.commit_transaction()
        if start == 150:
            producer.begin_transaction()
            for value in ABORTED:
                producer.produce(topic, value, partition=1)
            producer.flush()
            producer.abort_transaction()


@pytest.fixture
def written(kafka_settings: KafkaSettings) -> KafkaSettings:
    write(kafka_settings)
    return kafka_settings


async def test_what_was_committed_is_counted_once_by_readers_that_come_and_go(
    written: KafkaSettings, metrics_engine: AsyncEngine
):
    store = MetricsStore(metrics_engine)
    async with reading(written, store) as first:
        await first.read(64)
    async with reading(written, store) as again, reading(written, store) as beside:
        await again.read(40)
        await beside.read(120)
        await again.read_to_the_end()
        await beside.read_to_the_end()
    assert await stored_counts(metrics_engine) == recount(COMMITTED)


async def test_a_reader_that_begins_too_late_goes_back_on_a_real_log(
    written: KafkaSettings, metrics_engine: AsyncEngine
):
    store = MetricsStore(metrics_engine)
    async with reading(written, store) as first:
        await first.read(64)
    async with reading(written, store, start=250) as late:
        await late.read_to_the_end()
    position = 64 + 6  # six transactions of ten have ended, each with a marker
    assert late.moves[0] == position
    assert await stored_counts(metrics_engine) == recount(COMMITTED)


async def test_a_log_whose_beginning_is_gone_is_counted_from_where_it_begins(
    written: KafkaSettings, metrics_engine: AsyncEngine
):
    store = MetricsStore(metrics_engine)
    admin = AdminClient(written.librdkafka())
    kept_from = confluent_kafka.TopicPartition(written.topic_prefix + "outcomes", 1, 110)
    for deleted in admin.delete_records([kept_from]).values():
        deleted.result()
    async with reading(written, store) as reader:
        await reader.read_to_the_end()
    assert await stored_counts(metrics_engine) == recount(COMMITTED[100:])
