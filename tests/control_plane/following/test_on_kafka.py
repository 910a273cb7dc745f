"""The follower on a real broker."""

from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Producer
from sqlalchemy import func, select

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import encode
from connectors.records.topics import ATTEMPTS, DEAD_LETTERS
from control_plane.database.engine import Database, open_database
from control_plane.database.migrations import upgrade
from control_plane.database.models import KeptAttempt, KeptDeadLetter
from control_plane.following.wiring import kafka_follower
from deploy.local.ports import free_port
from tests.support.databases import patient
from tests.support.reports import attempt, dead_letter
from tests.support.waiting import eventually_true


async def open_tables(folder: Path) -> Database:
    database = open_database(patient(f"sqlite:///{folder / 'patchbay.sqlite'}"))
    await upgrade(database)
    return database


def produce(kafka: KafkaSettings, first: int, last: int, *, commit: bool = True) -> None:
    """As a worker writes: in a transaction, spread over the partitions."""
    producer = Producer({**kafka.librdkafka(), "transactional.id": f"{kafka.topic_prefix}worker"})
    producer.init_transactions(10)
    producer.begin_transaction()
    for number in range(first, last):
        key = f"p-{number}".encode()
        now = datetime.now(UTC)
        letter = dead_letter(f"dlv_{number}", at=now)
        producer.produce(kafka.topic_prefix + DEAD_LETTERS.name, key=key, value=encode(letter))
        producer.produce(kafka.topic_prefix + ATTEMPTS.name, key=key, value=encode(attempt(f"dlv_{number}", at=now)))
    producer.flush(10)
    producer.commit_transaction(10) if commit else producer.abort_transaction(10)


async def has(database: Database, expected: int) -> bool:
    async with database.transaction(write=False) as session:
        found = [
            await session.scalar(select(func.count()).select_from(model)) for model in (KeptDeadLetter, KeptAttempt)
        ]
    return found == [expected, expected]


async def test_what_is_committed_is_followed_across_restarts(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    database = await open_tables(tmp_path)
    produce(kafka_settings, 0, 300)
    produce(kafka_settings, 1000, 1010, commit=False)
    async with kafka_follower(kafka_settings, database).running():
        await eventually_true(lambda: has(database, 300), within_seconds=30)
    produce(kafka_settings, 300, 340)
    async with kafka_follower(kafka_settings, database).running():
        await eventually_true(lambda: has(database, 340), within_seconds=30)
    await database.close()


async def test_it_says_when_kafka_is_away(tmp_path: Path) -> None:
    database = await open_tables(tmp_path)
    follower = kafka_follower(KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}"), database)
    async with follower.running():
        await eventually_true(lambda: "_TRANSPORT" in (follower.trouble or "") or "_TIMED" in (follower.trouble or ""))
    await database.close()
