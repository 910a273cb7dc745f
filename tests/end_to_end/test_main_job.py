"""The main job: events in Kafka reach partners in order, are counted once, and the counts add up to the event."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import metadata
from connectors.records.topics import ATTEMPTS, OUTCOMES
from stream_workers.shell.metrics_store import open_metrics_engine
from tests.faults.scene import scene_on
from tests.support.kafka import RunningKafka
from tests.support.oracle import dead_letters, first_arrivals_out_of_order, read_all, repeats, source_records
from tests.support.recount import Counts, recount, stored_counts

EVENTS, PROFILES, BAD = 4_000, 250, 40


@pytest.mark.faults
def test_joins_and_leaves_reach_both_partners_in_order_and_statistics_add_up(kafka: RunningKafka, tmp_path: Path):
    database = f"sqlite:///{tmp_path}/metrics.sqlite"
    asyncio.run(_create_tables(open_metrics_engine(database)))
    with scene_on(kafka.bootstrap_servers, tmp_path, PATCHBAY_DATABASE__URL=database) as scene:
        scene.publish_webhooks(2)
        scene.workers.start()
        scene.workers.start("metrics")
        scene.stream.changes(EVENTS // 2, PROFILES)
        for _ in range(BAD):
            scene.stream.put(b"p-1", b"not an event", name="bad")
        scene.stream.changes(EVENTS // 2, PROFILES)
        scene.stream.sent = [name for name in scene.stream.sent if name != "bad"]
        scene.want_all("act_0", "act_1")
        scene.until_complete(60)

        for path in ("/p0", "/p1"):
            received = scene.arrivals(path)
            assert {arrival.event_id for arrival in received} == set(scene.stream.sent)
            assert first_arrivals_out_of_order(received, scene.stream.order) == 0
            assert repeats(received) == 0
        assert scene.ledger.counted_twice() == []
        assert Counter(scene.ledger.by_class()) == {"sent": EVENTS, "removed": EVENTS}

        scene.until(lambda: len(dead_letters(scene.settings)) == BAD)
        assert source_records(scene.settings) == EVENTS + BAD
        wanted = recount(
            [message.value() for message in read_all(scene.settings, OUTCOMES)],
            [message.value() for message in read_all(scene.settings, ATTEMPTS)],
        )
        scene.until(lambda: asyncio.run(_stored(open_metrics_engine(database))) == wanted)
        assert sum(wanted.values()) >= 2 * EVENTS


@pytest.mark.faults
def test_a_worker_that_is_stopped_in_order_leaves_nothing_to_repeat(kafka: RunningKafka, tmp_path: Path):
    with scene_on(kafka.bootstrap_servers, tmp_path) as scene:
        scene.publish_webhooks()
        scene.partner.misbehave("/p0", latency_ms=20)
        first = scene.workers.start()
        with scene.stream.flowing(400, PROFILES):
            scene.until(lambda: scene.received() > 400)
            assert first.stop() == 0, first.log_text()[-2000:]
            second = scene.workers.start()
            before = scene.received()
            scene.until(lambda: scene.received() > before + 400)
        scene.want_all()
        scene.until_complete(60)
        received = scene.arrivals()
        assert repeats(received) == 0
        assert first_arrivals_out_of_order(received, scene.stream.order) == 0
        assert second.is_running()


async def _create_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


async def _stored(engine: AsyncEngine) -> Counts:
    try:
        return await stored_counts(engine)
    finally:
        await engine.dispose()
