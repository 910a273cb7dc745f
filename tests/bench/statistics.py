"""How fast statistics and lists answer at size: `python -m tests.bench.statistics [--rows N] [--on DATABASES]`."""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from connectors.records.metrics_table import DAY_SECONDS
from control_plane.database.models import Action, Connector
from control_plane.settings import DatabaseSettings
from tests.support.databases import PostgresqlServer, create_postgresql_database, running_postgresql
from tests.support.plane import LEDGER_SETTINGS, Plane, plane_settings, running_plane

CONNECTORS, ACTIONS_EACH, DAYS, CODES = 1_000, 10, 90, 5
QUARTER = 900
RUNS = 7

_NUMBERS = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) SELECT i FROM n)",
    "postgresql": "(SELECT generate_series(0, {count} - 1)::bigint AS i)",
}
# Each action has a row in every so manyth quarter hour, beginning at one of its own: sparse, and in order of time.
_QUARTER_HOURS = """
INSERT INTO outcome_counts (workspace, connector_id, bucket_at, action_id, class, reason, partner_code, count)
SELECT 'default', 'con_' || (a.i % {connectors}), {since} + b.i * {step} + (a.i * 7 % {spread}) * 900, 'act_' || a.i,
    CASE WHEN (a.i + b.i) % 9 = 0 THEN 'partner_error' WHEN (a.i + b.i) % 4 = 0 THEN 'removed' ELSE 'sent' END, '',
    CASE WHEN (a.i + b.i) % 9 = 0 THEN '' || (b.i % {codes}) ELSE '' END, 1 + (a.i * b.i) % 50
FROM {buckets} AS b CROSS JOIN {actions} AS a
"""
_DAILY = """
INSERT INTO outcome_counts_daily (workspace, connector_id, bucket_at, action_id, class, reason, partner_code, count)
SELECT workspace, connector_id, bucket_at / 86400 * 86400 AS day, action_id, class, reason, partner_code, sum(count)
FROM outcome_counts GROUP BY workspace, connector_id, day, action_id, class, reason, partner_code
"""
_CONNECTORS = """
INSERT INTO {target} (workspace, bucket_at, connector_id, class, reason, count)
SELECT workspace, bucket_at, connector_id, class, '', sum(count) FROM {source}
GROUP BY workspace, bucket_at, connector_id, class
"""
_WORKSPACE = """
INSERT INTO workspace_counts (workspace, bucket_at, class, count)
SELECT workspace, bucket_at, class, sum(count) FROM connector_counts GROUP BY workspace, bucket_at, class
"""
_LAST = """
INSERT INTO last_deliveries (workspace, connector_id, action_id, at)
SELECT workspace, connector_id, action_id, max(bucket_at) FROM outcome_counts_daily
GROUP BY workspace, connector_id, action_id
"""

OVERVIEW = {"window": "90d", "detail": "connectors"}
ONE = {"window": "90d", "connector_id": "con_7", "detail": "days"}
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("one connector, UTC", "/v1/statistics", ONE),
    ("one connector, Amsterdam", "/v1/statistics", ONE | {"time_zone": "Europe/Amsterdam"}),
    ("one connector, Tokyo", "/v1/statistics", ONE | {"time_zone": "Asia/Tokyo"}),
    ("overview, UTC", "/v1/statistics", OVERVIEW),
    ("overview, Amsterdam", "/v1/statistics", OVERVIEW | {"time_zone": "Europe/Amsterdam"}),
    ("overview, Kathmandu", "/v1/statistics", OVERVIEW | {"time_zone": "Asia/Kathmandu"}),
    ("list, first page", "/v1/connectors", {}),
    ("list, two words", "/v1/connectors", {"q": "shop 77"}),
    ("list, an action's name", "/v1/connectors", {"q": "vip 4242"}),
    ("list, by errors", "/v1/connectors", {"sort": "errors"}),
)


async def fill(plane: Plane, rows: int) -> None:
    """Connectors, actions, and their counts."""
    now = datetime.now(UTC)
    edited = {"workspace": "default", "created_at": now, "updated_at": now, "updated_by": "bench", "row_version": 1}
    bare: dict[str, Any] = {"secrets": {}, "limits": {}, "labels": [], "revision": 0}
    connectors = [
        edited | bare | {"id": f"con_{n}", "type": "ledger", "name": f"Shop {n}", "settings": LEDGER_SETTINGS}
        for n in range(CONNECTORS)
    ]
    plain: dict[str, Any] = {"type": "sync_list", "fields": {"list_id": "l"}, "mapping": {}, "consent": []}
    actions = [
        edited | plain | {"id": f"act_{n}", "connector_id": f"con_{n % CONNECTORS}", "name": f"VIP {n}"}
        for n in range(CONNECTORS * ACTIONS_EACH)
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(Connector.__table__.insert(), connectors)
        await session.execute(Action.__table__.insert(), actions)
        for statement in statements(session.get_bind().dialect.name, rows):
            await session.execute(text(statement))
    async with plane.parts.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))


def statements(dialect: str, rows: int) -> Iterator[str]:
    """What fills the tables of the counts."""
    actions = CONNECTORS * ACTIONS_EACH
    buckets = rows // actions
    step = DAYS * DAY_SECONDS // buckets // QUARTER * QUARTER
    since = int(time.time()) // DAY_SECONDS * DAY_SECONDS - (DAYS - 1) * DAY_SECONDS
    numbers = _NUMBERS[dialect]
    yield _QUARTER_HOURS.format(
        connectors=CONNECTORS,
        since=since,
        step=step,
        spread=max(step // QUARTER, 1),
        codes=CODES,
        buckets=numbers.format(count=buckets),
        actions=numbers.format(count=actions),
    )
    yield _DAILY
    yield _CONNECTORS.format(target="connector_counts", source="outcome_counts")
    yield _CONNECTORS.format(target="connector_counts_daily", source="outcome_counts_daily")
    yield _WORKSPACE
    yield _LAST


async def measure(url: str, rows: int, server: PostgresqlServer | None) -> None:
    """Print a line for each question: wall time, and the CPU that it took here and in the server."""
    patient = DatabaseSettings(url=url, statement_seconds=600)
    async with running_plane(plane_settings(url).model_copy(update={"database": patient})) as plane:
        started = time.monotonic()
        await fill(plane, rows)
        print(f"  filled in {time.monotonic() - started:.0f} s", flush=True)
        for name, path, query in ASKED:
            walls, cpus = zip(*[await once(plane, path, query, server) for _ in range(RUNS)], strict=True)
            told = f"{statistics.median(walls):7.1f} ms  (least {min(walls):.1f}, first {walls[0]:.1f})"
            print(f"  {name:28} {told}  CPU {statistics.median(cpus):.1f} ms", flush=True)


async def once(plane: Plane, path: str, query: dict[str, Any], server: PostgresqlServer | None) -> tuple[float, float]:
    """Milliseconds of one answer, by the clock and of CPU."""
    began, cpu = time.perf_counter(), cpu_seconds(server)
    await plane.call("GET", path, 200, params=query)
    return (time.perf_counter() - began) * 1000, (cpu_seconds(server) - cpu) * 1000


def cpu_seconds(server: PostgresqlServer | None) -> float:
    """Of this process, and of the server with all its children, those that have ended too."""
    used = time.process_time()
    if server is not None:
        proc = Path("/proc")
        children = (proc / f"{server.process_id}/task/{server.process_id}/children").read_text().split()
        ticks = sum(map(int, stat_of(str(server.process_id))[13:17]))
        ticks += sum(sum(map(int, stat_of(child)[13:15])) for child in children)
        used += ticks / os.sysconf("SC_CLK_TCK")
    return used


def stat_of(process_id: str) -> list[str]:
    """The fields of /proc/…/stat; the name of a server process may hold spaces."""
    head, _, tail = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")
    return [*head.split(" ", 1), *tail.split()]


@asynccontextmanager
async def database(kind: str) -> AsyncIterator[tuple[str, PostgresqlServer | None]]:
    """An empty database of this kind, and its server if it has one."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'patchbay.sqlite'}", None
    else:
        with running_postgresql() as server:
            yield await create_postgresql_database(server.address), server


async def main() -> None:
    """Each database in turn."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.statistics")
    parser.add_argument("--rows", type=int, default=1_000_000, help="quarter hours that have counts")
    parser.add_argument("--on", default="sqlite,postgresql")
    options = parser.parse_args()
    for kind in options.on.split(","):
        print(f"{kind}, {options.rows:,} rows", flush=True)
        async with database(kind) as (url, server):
            await measure(url, options.rows, server)


if __name__ == "__main__":
    asyncio.run(main())
