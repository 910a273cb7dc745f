"""T14: the database goes away; deliveries go on, and the counts are exact afterwards."""

import asyncio

from connectors.records.metrics_table import metadata
from connectors.records.topics import ATTEMPTS, OUTCOMES
from stream_workers.shell.metrics_store import open_metrics_engine
from tests.faults.report import Report, Size
from tests.faults.scene import Place
from tests.stream_workers.conftest import PostgresqlServer
from tests.support.oracle import read_all
from tests.support.recount import Counts, recount, stored_counts


def run(place: Place, size: Size) -> Report:
    """PostgreSQL crashes while events flow, twice as long in the full form; then it is started again."""
    events = size.pick(1_500, 100_000)
    rate = size.pick(300, 400)
    report = Report()
    server = PostgresqlServer()
    try:
        asyncio.run(_create(server.url))
        with place.scene(PATCHBAY_DATABASE__URL=server.url) as scene:
            scene.publish_webhooks(2)
            scene.partner.misbehave("/p1", status=503, fraction=0.3)
            worker = scene.workers.start()
            metrics = scene.workers.start("metrics")
            with scene.stream.flowing(rate, profiles=2_000, at_most=events):
                scene.until(lambda: len(scene.stream.sent) >= events // 4, 300)
                server.crash()
                scene.until(lambda: len(scene.stream.sent) >= events // 2, 600)
                while_down = scene.received()
                scene.until(lambda: len(scene.stream.sent) >= events, 600)
                scene.until(lambda: scene.received() > while_down + events // 4, 60)
            scene.want_all("act_0", "act_1")
            scene.until_complete(120)
            server.start()
            outcomes = [message.value() for message in read_all(scene.settings, OUTCOMES)]
            attempts = [message.value() for message in read_all(scene.settings, ATTEMPTS)]
            wanted = recount(outcomes, attempts)
            scene.until(lambda: asyncio.run(_stored(server.url)) == wanted, 60)
            report.equal(
                "counts after the recovery, compared with a recount", asyncio.run(_stored(server.url)) == wanted, True
            )
            report.none("events lost", scene.ledger.missing())
            report.none("deliveries counted twice", scene.ledger.counted_twice())
            report.none("programs that ended", [worker.is_running(), metrics.is_running()].count(False))
            report.note("deliveries, failed attempts", f"{len(outcomes):,}, {len(attempts):,}")
    finally:
        server.remove()
    return report


async def _create(url: str) -> None:
    engine = open_metrics_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


async def _stored(url: str) -> Counts:
    engine = open_metrics_engine(url)
    try:
        return await stored_counts(engine)
    finally:
        await engine.dispose()
