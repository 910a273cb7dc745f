"""Retention of the metrics table on real databases: what goes, in which steps, and what the horizon says meanwhile."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import (
    connector_counts,
    connector_counts_daily,
    error_horizons,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    workspace_counts,
)
from stream_workers.shell.metrics_retention import Retention, prune
from stream_workers.shell.metrics_store import MetricsStore, open_metrics_engine
from tests.stream_workers.shell.test_metrics_store import count_row, error_row, rows_of
from tests.support.outcome_records import RememberingTelemetry

DAY = 86_400
NOW = 1_000 * DAY
SHORT = Retention(quarter_hours=100 * DAY, days=400 * DAY, errors=30 * DAY, errors_per_connector=3, errors_at_once=2)


@pytest.fixture
def store(metrics_engine: AsyncEngine) -> MetricsStore:
    return MetricsStore(metrics_engine)


async def fill(engine: AsyncEngine, table, *rows: dict[str, Any]) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(table), list(rows))


async def test_each_grain_is_kept_for_its_time(store, metrics_engine):
    for connector in ("con_a", "con_b"):
        times = [NOW - days * DAY for days in (401, 400, 101, 100, 0)]
        await fill(metrics_engine, outcome_counts, *(count_row(connector, at) for at in times))
        await fill(metrics_engine, outcome_counts_daily, *(count_row(connector, at) for at in times))
    await prune(store, RememberingTelemetry(), NOW, SHORT)
    kept = [(row[1], (NOW - row[2]) // DAY) for row in await rows_of(metrics_engine, outcome_counts)]
    assert kept == [("con_a", 100), ("con_a", 0), ("con_b", 100), ("con_b", 0)]
    days = [(row[1], (NOW - row[2]) // DAY) for row in await rows_of(metrics_engine, outcome_counts_daily)]
    assert [day for connector, day in days if connector == "con_a"] == [400, 101, 100, 0]
    assert len(days) == 8


async def test_roll_ups_are_kept_as_long_as_their_grain(store, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(), count_row("con_b"))
    times = [NOW - days * DAY for days in (401, 400, 101, 100, 0)]
    whole = [{"workspace": "default", "bucket_at": at, "class": "sent", "count": 1} for at in times]
    by_connector = [row | {"connector_id": "con_a", "reason": ""} for row in whole]
    await fill(metrics_engine, connector_counts, *by_connector)
    await fill(metrics_engine, connector_counts_daily, *by_connector)
    await fill(metrics_engine, workspace_counts, *whole)
    await prune(store, RememberingTelemetry(), NOW, SHORT)
    kept = {
        table.name: [(NOW - row[1]) // DAY for row in await rows_of(metrics_engine, table)]
        for table in (connector_counts, connector_counts_daily, workspace_counts)
    }
    assert kept == {
        "connector_counts": [100, 0],
        "connector_counts_daily": [400, 101, 100, 0],
        "workspace_counts": [100, 0],
    }


async def test_old_errors_are_removed_and_the_horizon_says_so(store, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(), count_row("con_b"))
    old, fresh = NOW - 31 * DAY, NOW - 29 * DAY
    await fill(metrics_engine, outcome_errors, error_row(1, old), error_row(2, fresh), error_row(3, fresh, "con_b"))
    await prune(store, RememberingTelemetry(), NOW, SHORT)
    assert [row[1] for row in await rows_of(metrics_engine, outcome_errors)] == [2, 3]
    assert await rows_of(metrics_engine, error_horizons) == [("default", "con_a", NOW - 30 * DAY)]


async def test_a_connector_with_too_many_errors_keeps_the_newest_and_says_so(store, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(), count_row("con_b"))
    await fill(metrics_engine, outcome_errors, *(error_row(offset, NOW - 10 + offset) for offset in range(5)))
    await fill(metrics_engine, outcome_errors, *(error_row(10 + n, NOW, "con_b") for n in range(3)))
    await prune(store, RememberingTelemetry(), NOW, SHORT)
    assert [row[1] for row in await rows_of(metrics_engine, outcome_errors)] == [2, 3, 4, 10, 11, 12]
    assert await rows_of(metrics_engine, error_horizons) == [("default", "con_a", NOW - 8)]


async def test_a_horizon_never_goes_back(store, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(bucket_at=NOW))
    await fill(metrics_engine, outcome_errors, *(error_row(offset, NOW - 10 + offset) for offset in range(5)))
    await prune(store, RememberingTelemetry(), NOW, SHORT)
    await fill(metrics_engine, outcome_errors, error_row(9, NOW - 40 * DAY))
    await prune(store, RememberingTelemetry(), NOW, SHORT)
    assert await rows_of(metrics_engine, error_horizons) == [("default", "con_a", NOW - 8)]


class Unwilling:
    """A store whose deletes of errors can be refused, by their number and their parameters."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.store, self.deletes = MetricsStore(engine), 0
        self.refuses: Callable[[int, Any], bool] = lambda *_: False
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)

    def _before(self, connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith("DELETE FROM outcome_errors"):
            self.deletes += 1
            if self.refuses(self.deletes, parameters):
                raise OSError("it took too long")


@pytest.fixture
async def unwilling(metrics_url: str, metrics_engine: AsyncEngine) -> AsyncIterator[Unwilling]:
    engine = open_metrics_engine(metrics_url)
    yield Unwilling(engine)
    await engine.dispose()


async def test_many_errors_go_a_slice_at_a_time(unwilling, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(bucket_at=NOW))
    await fill(metrics_engine, outcome_errors, *(error_row(offset, NOW - 10 + offset) for offset in range(10)))
    await prune(unwilling.store, RememberingTelemetry(), NOW, SHORT)
    assert [row[1] for row in await rows_of(metrics_engine, outcome_errors)] == [7, 8, 9]
    assert unwilling.deletes == 4


async def test_between_two_slices_the_horizon_says_what_has_gone_already(unwilling, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(bucket_at=NOW))
    await fill(metrics_engine, outcome_errors, *(error_row(offset, NOW - 10 + offset) for offset in range(10)))
    unwilling.refuses = lambda number, _: number == 2
    telemetry = RememberingTelemetry()
    await prune(unwilling.store, telemetry, NOW, SHORT)
    assert [row[1] for row in await rows_of(metrics_engine, outcome_errors)] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert await rows_of(metrics_engine, error_horizons) == [("default", "con_a", NOW - 3)]
    assert telemetry.unavailable == 1
    await prune(unwilling.store, telemetry, NOW, SHORT)
    assert [row[1] for row in await rows_of(metrics_engine, outcome_errors)] == [7, 8, 9]


async def test_a_connector_whose_errors_stay_does_not_keep_those_of_others(unwilling, metrics_engine):
    await fill(metrics_engine, outcome_counts_daily, count_row(bucket_at=NOW), count_row("con_b", NOW))
    for number, connector in enumerate(("con_a", "con_b")):
        await fill(metrics_engine, outcome_errors, error_row(number, NOW - 31 * DAY, connector))
    unwilling.refuses = lambda _, parameters: "con_a" in parameters
    telemetry = RememberingTelemetry()
    await prune(unwilling.store, telemetry, NOW, SHORT)
    assert [row[4] for row in await rows_of(metrics_engine, outcome_errors)] == ["con_a"]
    assert await rows_of(metrics_engine, error_horizons) == [("default", "con_b", NOW - 30 * DAY)]
    assert telemetry.unavailable == 1
