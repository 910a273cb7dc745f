"""The statistics say by themselves when they lag: on a real broker, with transactions as workers have them."""

import time
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Producer

from connectors.kit.program_settings import KafkaSettings
from connectors.records.metrics_table import metrics_positions
from connectors.records.topics import OUTCOMES
from control_plane.database.engine import Database, open_database
from control_plane.database.migrations import upgrade
from control_plane.freshness.freshness import Freshness
from control_plane.freshness.lag_reader import LagReader
from deploy.local.ports import free_port
from tests.support.databases import patient
from tests.support.waiting import eventually_true


async def open_tables(folder: Path) -> Database:
    database = open_database(patient(f"sqlite:///{folder / 'patchbay.sqlite'}"))
    await upgrade(database)
    return database


def report(kafka: KafkaSettings, at: int, *, commit: bool) -> None:
    """One outcome in a transaction, appended at this time."""
    producer = Producer({**kafka.librdkafka(), "transactional.id": f"{kafka.topic_prefix}worker"})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(kafka.topic_prefix + OUTCOMES.name, value=b"{}", partition=0, timestamp=at)
    producer.flush(10)
    producer.commit_transaction(10) if commit else producer.abort_transaction(10)


async def is_counted(kafka: KafkaSettings, database: Database, next_offset: int) -> None:
    """The metrics agent has come this far."""
    place = {"topic": kafka.topic_prefix + OUTCOMES.name, "partition": 0}
    async with database.transaction(write=True) as session:
        await session.execute(metrics_positions.delete())
        await session.execute(metrics_positions.insert(), [place | {"next_offset": next_offset}])


async def test_the_oldest_committed_report_that_is_not_counted_says_how_far_behind(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    database, freshness = await open_tables(tmp_path), Freshness()
    second = int(time.time() * 1000) - 60_000
    first = second - 60_000
    report(kafka_settings, first, commit=True)
    report(kafka_settings, second, commit=True)
    report(kafka_settings, second + 1, commit=False)
    async with LagReader(kafka_settings, database, freshness, pause_seconds=0.1).running():
        for next_offset, oldest in ((0, first), (1, second), (3, None)):
            await is_counted(kafka_settings, database, next_offset)
            wanted = None if oldest is None else datetime.fromtimestamp(oldest / 1000, UTC)
            await eventually_true(
                lambda wanted=wanted: freshness.trouble is None and freshness.waiting_since == wanted,
                within_seconds=60,
            )
    await database.close()


async def test_it_says_when_kafka_is_away(tmp_path: Path) -> None:
    database, freshness = await open_tables(tmp_path), Freshness()
    settings = KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    async with LagReader(settings, database, freshness, pause_seconds=0.1).running():
        await eventually_true(lambda: "KafkaError" in (freshness.trouble or ""), within_seconds=60)
    await database.close()
