"""Removes what the metrics table no longer keeps, connector by connector, and says since when errors are complete."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

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
from stream_workers.shell.metrics_store import MetricsStore

Owner = tuple[str, str]  # workspace, connector


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each grain is kept, in seconds, and how many errors of a connector."""

    quarter_hours: int = QUARTER_HOURS_KEPT_SECONDS
    days: int = DAYS_KEPT_SECONDS
    errors: int = ERRORS_KEPT_SECONDS
    errors_per_connector: int = ERRORS_KEPT_PER_CONNECTOR


async def prune(store: MetricsStore, now: int, retention: Retention = Retention()) -> None:
    """Remove what is older than its retention; raises `MetricsStoreUnavailable`, after which it may be called again.

    Each connector is a short transaction, and each delete reads only the old end of an index, so counting goes on.
    """
    owner: Owner | None = ("", "")
    while owner is not None:
        workspace = owner[0]
        async with store.transaction() as connection:
            owner = await _next_owner(connection, owner)
            if owner is not None:
                await _prune_counts(connection, owner, now, retention)
                await _prune_errors(connection, owner, now, retention)
                if owner[0] != workspace:
                    await _prune_roll_ups(connection, owner[0], now, retention)


async def _next_owner(connection: AsyncConnection, after: Owner) -> Owner | None:
    columns = outcome_counts_daily.c
    following = (
        select(columns.workspace, columns.connector_id)
        .where(tuple_(columns.workspace, columns.connector_id) > after)
        .order_by(columns.workspace, columns.connector_id)
        .limit(1)
    )
    row = (await connection.execute(following)).first()
    return None if row is None else (row.workspace, row.connector_id)


async def _prune_counts(connection: AsyncConnection, owner: Owner, now: int, retention: Retention) -> None:
    for table, time, kept in (
        (outcome_counts, "bucket_at", retention.quarter_hours),
        (outcome_codes, "hour_at", retention.quarter_hours),
        (outcome_counts_daily, "bucket_at", retention.days),
        (outcome_latency, "bucket_at", retention.days),
    ):
        await connection.execute(delete(table).where(*_of(table, owner), table.c[time] < now - kept))


async def _prune_roll_ups(connection: AsyncConnection, workspace: str, now: int, retention: Retention) -> None:
    for table, kept in (
        (connector_counts, retention.quarter_hours),
        (connector_counts_daily, retention.days),
        (workspace_counts, retention.quarter_hours),
    ):
        old = table.c.bucket_at < now - kept
        await connection.execute(delete(table).where(table.c.workspace == workspace, old))


async def _prune_errors(connection: AsyncConnection, owner: Owner, now: int, retention: Retention) -> None:
    mine = _of(outcome_errors, owner)
    first_surplus = select(outcome_errors.c["at"]).where(*mine).order_by(outcome_errors.c["at"].desc())
    crowded_at = await connection.scalar(first_surplus.offset(retention.errors_per_connector).limit(1))
    complete_from = max(now - retention.errors, -1 if crowded_at is None else crowded_at + 1)
    removed = await connection.execute(delete(outcome_errors).where(*mine, outcome_errors.c["at"] < complete_from))
    if removed.rowcount:
        horizon = {"workspace": owner[0], "connector_id": owner[1], "complete_from": complete_from}
        await connection.execute(raise_horizon(connection.dialect.name), horizon)


def _of(table: Table, owner: Owner) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.workspace == owner[0], table.c.connector_id == owner[1]
