"""Removes what the metrics table no longer keeps, connector by connector, and says since when errors are complete."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from connectors.records.metrics_grain import (
    DAYS_KEPT_SECONDS,
    ERRORS_KEPT_PER_CONNECTOR,
    ERRORS_KEPT_SECONDS,
    QUARTER_HOURS_KEPT_SECONDS,
)
from connectors.records.metrics_table import (
    connector_counts,
    connector_counts_daily,
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    outcome_latency,
    workspace_counts,
)
from stream_workers.shell.metrics_statements import raise_horizon
from stream_workers.shell.metrics_store import MetricsStore, MetricsStoreUnavailable
from stream_workers.shell.metrics_telemetry import MetricsTelemetry

Owner = tuple[str, str]  # workspace, connector

_PAUSE_SECONDS = 0.1  # between slices: as long as a writer that waits for SQLite sleeps before it tries again


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each grain is kept, in seconds, and how many errors of a connector, which go a slice at a time."""

    quarter_hours: int = QUARTER_HOURS_KEPT_SECONDS
    days: int = DAYS_KEPT_SECONDS
    errors: int = ERRORS_KEPT_SECONDS
    errors_per_connector: int = ERRORS_KEPT_PER_CONNECTOR
    errors_at_once: int = 10_000


async def prune(store: MetricsStore, telemetry: MetricsTelemetry, now: int, retention: Retention = Retention()) -> None:
    """Remove what is older than its retention; raises `MetricsStoreUnavailable`, after which it may be called again.

    Each transaction is short, and each delete reads only the old end of an index, so counting goes on. What fails for
    one connector is told and left to the next call; the others have their turn.
    """
    before, owner = "", await _next_owner(store, ("", ""))
    while owner is not None:
        of_workspace = (_prune_roll_ups,) if owner[0] != before else ()
        for part in (*of_workspace, _prune_counts, _prune_errors):
            try:
                await part(store, owner, now, retention)
            except MetricsStoreUnavailable as error:
                telemetry.store_unavailable(f"old rows of {owner[1]}: {error}")
        before, owner = owner[0], await _next_owner(store, owner)


async def _next_owner(store: MetricsStore, after: Owner) -> Owner | None:
    columns = outcome_counts_daily.c
    following = (
        select(columns.workspace, columns.connector_id)
        .where(tuple_(columns.workspace, columns.connector_id) > after)
        .order_by(columns.workspace, columns.connector_id)
        .limit(1)
    )
    async with store.transaction() as connection:
        row = (await connection.execute(following)).first()
    return None if row is None else (row.workspace, row.connector_id)


async def _prune_counts(store: MetricsStore, owner: Owner, now: int, retention: Retention) -> None:
    async with store.transaction() as connection:
        for table, time, kept in (
            (outcome_counts, "bucket_at", retention.quarter_hours),
            (outcome_codes, "hour_at", retention.quarter_hours),
            (outcome_counts_daily, "bucket_at", retention.days),
            (outcome_latency, "bucket_at", retention.days),
        ):
            await connection.execute(delete(table).where(*_of(table, owner), table.c[time] < now - kept))


async def _prune_roll_ups(store: MetricsStore, owner: Owner, now: int, retention: Retention) -> None:
    async with store.transaction() as connection:
        for table, kept in (
            (connector_counts, retention.quarter_hours),
            (connector_counts_daily, retention.days),
            (workspace_counts, retention.quarter_hours),
        ):
            old = table.c.bucket_at < now - kept
            await connection.execute(delete(table).where(table.c.workspace == owner[0], old))


async def _prune_errors(store: MetricsStore, owner: Owner, now: int, retention: Retention) -> None:
    first_surplus = select(outcome_errors.c["at"]).where(*_of(outcome_errors, owner))
    first_surplus = first_surplus.order_by(outcome_errors.c["at"].desc()).offset(retention.errors_per_connector)
    async with store.transaction() as connection:
        crowded_at = await connection.scalar(first_surplus.limit(1))
    complete_from = max(now - retention.errors, -1 if crowded_at is None else crowded_at + 1)
    while await _remove_errors(store, owner, complete_from, retention.errors_at_once) == retention.errors_at_once:
        await asyncio.sleep(_PAUSE_SECONDS)


async def _remove_errors(store: MetricsStore, owner: Owner, complete_from: int, at_once: int) -> int:
    """The oldest of them, with the horizon of all: it never says that a row is there which has gone."""
    place = (outcome_errors.c["partition"], outcome_errors.c["offset"])
    old = (*_of(outcome_errors, owner), outcome_errors.c["at"] < complete_from)
    oldest = select(*place).where(*old).order_by(outcome_errors.c["at"]).limit(at_once)
    async with store.transaction() as connection:
        removed = await connection.execute(delete(outcome_errors).where(tuple_(*place).in_(oldest)))
        if removed.rowcount:
            horizon = {"workspace": owner[0], "connector_id": owner[1], "complete_from": complete_from}
            await connection.execute(raise_horizon(connection.dialect.name), horizon)
    return removed.rowcount


def _of(table: Table, owner: Owner) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.workspace == owner[0], table.c.connector_id == owner[1]
