"""How fast statistics and lists answer at size: `python -m tests.bench.statistics`, `--help` for smaller sizes."""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from control_plane.settings import DatabaseSettings
from tests.bench.statistics_rows import fill
from tests.support.databases import PostgresqlServer, create_postgresql_database, running_postgresql
from tests.support.plane import Plane, plane_settings, running_plane

RUNS = 7
SQLITE_FACTOR = 2

OVERVIEW = {"window": "90d", "detail": "connectors"}
ONE = {"window": "90d", "connector_id": "con_7", "detail": "days"}
OF_ONE = {"window": "90d", "connector_id": "con_7"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and within how many milliseconds PostgreSQL is to answer; SQLite may take twice as long."""

    name: str
    path: str
    query: Mapping[str, Any]
    goal_ms: float | None = None

    def verdict(self, milliseconds: float, factor: float) -> str:
        """Beside the goal, if there is one."""
        if self.goal_ms is None:
            return ""
        goal = self.goal_ms * factor
        return f"<= {goal:.0f} ms {'met' if milliseconds <= goal else 'MISSED'}"


ASKED = (
    Question("one connector, UTC", "/v1/statistics", ONE, 50),
    Question("one connector, Amsterdam", "/v1/statistics", ONE | {"time_zone": "Europe/Amsterdam"}, 50),
    Question("one connector, Tokyo", "/v1/statistics", ONE | {"time_zone": "Asia/Tokyo"}, 50),
    Question("one connector, totals", "/v1/statistics", ONE | {"detail": "totals"}, 50),
    Question("overview, UTC", "/v1/statistics", OVERVIEW, 300),
    Question("overview, Amsterdam", "/v1/statistics", OVERVIEW | {"time_zone": "Europe/Amsterdam"}, 300),
    Question("overview, Kathmandu", "/v1/statistics", OVERVIEW | {"time_zone": "Asia/Kathmandu"}, 300),
    Question("every connector's 24 hours", "/v1/statistics/hours", {}),
    Question("pipeline of one connector", "/v1/statistics/pipeline", OF_ONE),
    Question("errors of one connector", "/v1/errors", OF_ONE),
    Question("errors of all, first page", "/v1/errors", {"window": "90d"}),
    Question("errors of one, as CSV", "/v1/errors.csv", OF_ONE),
    Question("error groups of one", "/v1/error-groups", {"connector_id": "con_7", "days": 90}),
    Question("error groups of all", "/v1/error-groups", {"days": 90}),
    Question("list, first page", "/v1/connectors", {}),
    Question("list, two words", "/v1/connectors", {"q": "shop 77"}),
    Question("list, an action's name", "/v1/connectors", {"q": "vip 4242"}),
    Question("list, by errors", "/v1/connectors", {"sort": "errors"}),
)


async def measure(url: str, rows: int, errors: int, waits: bool, server: PostgresqlServer | None) -> None:
    """Print a line for each question: wall time, and the CPU that it took here and in the server."""
    factor = 1 if server is not None else SQLITE_FACTOR
    patient = DatabaseSettings(url=url, statement_seconds=600)
    async with running_plane(plane_settings(url).model_copy(update={"database": patient})) as plane:
        started = time.monotonic()
        await fill(plane, rows, errors)
        print(f"  filled in {time.monotonic() - started:.0f} s", flush=True)
        if waits:
            await asyncio.to_thread(input, "  Enter begins the measuring\n")
        for question in ASKED:
            walls, cpus = zip(*[await once(plane, question, server) for _ in range(RUNS)], strict=True)
            median = statistics.median(walls)
            told = f"{median:8.1f} ms  (least {min(walls):.1f}, first {walls[0]:.1f})"
            tail = f"CPU {statistics.median(cpus):.1f} ms  {question.verdict(median, factor)}"
            print(f"  {question.name:28} {told:40} {tail}", flush=True)


async def once(plane: Plane, question: Question, server: PostgresqlServer | None) -> tuple[float, float]:
    """Milliseconds of one answer, by the clock and of CPU."""
    began, cpu = time.perf_counter(), cpu_seconds(server)
    answer = await plane.http.get(question.path, params=dict(question.query))
    assert answer.is_success, answer.text
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
    parser.add_argument("--rows", type=int, default=10_000_000, help="quarter hours that have counts")
    parser.add_argument("--errors", type=int, default=1_000_000, help="errors that are kept one by one")
    parser.add_argument("--wait", action="store_true", help="with the measuring, until the machine is quiet")
    parser.add_argument("--on", default="sqlite,postgresql")
    options = parser.parse_args()
    for kind in options.on.split(","):
        print(f"{kind}, {options.rows:,} rows, {options.errors:,} errors", flush=True)
        async with database(kind) as (url, server):
            await measure(url, options.rows, options.errors, options.wait, server)


if __name__ == "__main__":
    asyncio.run(main())
