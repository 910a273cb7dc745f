"""What the metrics agent costs per outcome: those of a run, counted into a new database by `patchbay metrics`."""

import asyncio
import sqlite3
import time
from pathlib import Path

from connectors.records.metrics_table import metadata
from stream_workers.shell.metrics_store import open_metrics_engine
from tests.bench.measuring import STALL_SECONDS, WARM, Figures, Place
from tests.bench.processes import Contestant

LOOK_SECONDS = 0.01
_COUNTED = "SELECT coalesce(sum(count), 0) FROM workspace_counts WHERE class NOT LIKE 'attempt:%'"


def measure(place: Place, outcomes: int) -> Figures:
    """Beside nothing else; as with deliveries, the first tenth is not measured."""
    database = place.folder / f"{place.kafka.topic_prefix}metrics.sqlite"
    asyncio.run(_make_tables(f"sqlite:///{database}"))
    with place.metrics(f"sqlite:///{database}")() as agent:
        warm, warm_at, warm_cpu = _until_counted(database, agent, int(outcomes * WARM))
        counted, at, cpu = _until_counted(database, agent, outcomes)
        measured = max(counted - warm, 1)
        return Figures((cpu - warm_cpu) / measured * 1e6, measured / (at - warm_at), agent.resident_mb(), counted, 0)


async def _make_tables(url: str) -> None:
    engine = open_metrics_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


def _until_counted(database: Path, agent: Contestant, wanted: int) -> tuple[int, float, float]:
    """When so many are counted: how many it has, the time, and the agent's CPU then."""
    before, moved_at = -1, time.monotonic()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        while True:
            (counted,) = connection.execute(_COUNTED).fetchone()
            if counted >= wanted:
                return counted, time.monotonic(), agent.cpu_seconds()
            if counted != before:
                before, moved_at = counted, time.monotonic()
            agent.require_alive()
            if time.monotonic() - moved_at > STALL_SECONDS:
                raise TimeoutError(f"{counted} of {wanted} outcomes were counted")
            time.sleep(LOOK_SECONDS)
