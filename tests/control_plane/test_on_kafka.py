"""The relay and the status reader on a real broker."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.kit.registry import Registry
from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import WorkerStatus
from connectors.records.topics import CONNECTOR_CONFIG, WORKER_STATUS
from control_plane.app import assemble, build_parts
from control_plane.database.models import OutboxRow
from control_plane.publishing import outbox
from control_plane.publishing.config_topic import Fenced, KafkaConfigTopic, KafkaUnreachable
from control_plane.worker.live_workers import LiveWorkers
from control_plane.worker.status_reader import KafkaStatusReader
from deploy.local.ports import free_port
from tests.support.ledger import LEDGER
from tests.support.plane import SilentStatuses, plane_settings
from tests.support.waiting import eventually_true


def read_config(kafka: KafkaSettings) -> list[tuple[str, bytes | None]]:
    """Everything committed on `connector-config`, in order."""
    topic = kafka.topic_prefix + CONNECTOR_CONFIG.name
    options = {**kafka.librdkafka(), "group.id": uuid4().hex, "isolation.level": "read_committed"}
    consumer = Consumer({**options, "enable.auto.commit": False, "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[tuple[str, bytes | None]] = []
    while (message := consumer.poll(10)) is not None and message.error() is None:
        found.append((message.key().decode(), message.value()))
    consumer.close()
    assert message is not None, "the end was not reached in time"
    return found


@pytest.fixture
async def topic(kafka_settings: KafkaSettings) -> Any:
    """The real topic, opened."""
    opened = KafkaConfigTopic(kafka_settings)
    await opened.open()
    yield opened
    await opened.close()


async def test_records_and_tombstones_arrive_in_order(topic: KafkaConfigTopic, kafka_settings: KafkaSettings) -> None:
    await topic.publish([("connector:1", b"{}"), ("audience:1", b"{}")])
    await topic.publish([("connector:1", None)])
    assert read_config(kafka_settings) == [("connector:1", b"{}"), ("audience:1", b"{}"), ("connector:1", None)]


async def test_a_relay_that_was_replaced_writes_nothing_more(
    topic: KafkaConfigTopic, kafka_settings: KafkaSettings
) -> None:
    newer = KafkaConfigTopic(kafka_settings)
    await newer.open()
    with pytest.raises(Fenced):
        await topic.publish([("connector:1", b"from the old one")])
    await newer.publish([("connector:1", b"from the new one")])
    assert read_config(kafka_settings) == [("connector:1", b"from the new one")]
    await topic.open()
    await topic.publish([("connector:1", b"from the old one, opened again")])
    await newer.close()
    assert len(read_config(kafka_settings)) == 2


async def test_a_broker_that_is_not_there_is_told() -> None:
    absent = KafkaConfigTopic(KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    with pytest.raises(KafkaUnreachable):
        await absent.open()
    await absent.close()


async def test_of_two_control_planes_on_one_database_one_relays(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    settings = plane_settings(f"sqlite:///{tmp_path / 'patchbay.sqlite'}").model_copy(update={"kafka": kafka_settings})
    everything = [build_parts(settings, KafkaConfigTopic(kafka_settings), Registry((LEDGER,))) for _ in range(2)]
    apps = [assemble(parts, SilentStatuses()) for parts in everything]
    async with apps[0].router.lifespan_context(apps[0]), apps[1].router.lifespan_context(apps[1]):
        for parts in everything:
            await eventually_true(parts.startup.finished.is_set)
        for number in range(20):
            await put(everything[number % 2], f"connector:{number}")
        await eventually_true(lambda: is_drained(everything[0]), within_seconds=40)
    keys = [key for key, _ in await asyncio.to_thread(read_config, kafka_settings)]
    assert list(dict.fromkeys(keys)) == [f"connector:{number}" for number in range(20)]


async def test_statuses_of_workers_are_read_from_a_moment_ago_onwards(kafka_settings: KafkaSettings) -> None:
    workers = LiveWorkers()
    say(kafka_settings, "w-1")
    async with KafkaStatusReader(kafka_settings, workers).running():
        await eventually_true(lambda: [worker.worker_id for worker in workers.live()] == ["w-1"])
        say(kafka_settings, "w-2")
        await eventually_true(lambda: len(workers.live()) == 2)
        assert workers.trouble is None


async def test_the_status_reader_says_when_kafka_is_away() -> None:
    workers = LiveWorkers()
    reader = KafkaStatusReader(KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}"), workers)
    async with reader.running():
        await eventually_true(lambda: "Local" in (workers.trouble or ""))


def say(kafka: KafkaSettings, worker_id: str) -> None:
    """A worker reports itself."""
    now = datetime.now(UTC)
    status = WorkerStatus(v=SCHEMA_VERSION, worker_id=worker_id, at=now, started_at=now)
    producer = Producer(kafka.librdkafka())
    producer.produce(kafka.topic_prefix + WORKER_STATUS.name, key=worker_id.encode(), value=encode(status))
    assert producer.flush(10) == 0


async def put(parts: Any, key: str) -> None:
    """A record on its way, by one of the control planes."""
    async with parts.database.transaction(write=True) as session:
        session.add(OutboxRow(key=key, value=b"{}", created_at=datetime.now(UTC)))
    parts.relay.wake()


async def is_drained(parts: Any) -> bool:
    """True when nothing waits."""
    async with parts.database.transaction(write=False) as session:
        return await outbox.count_waiting(session) == 0
