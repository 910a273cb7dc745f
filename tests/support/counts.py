"""Rows as the metrics agent stores them, and the question that is asked of them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from connectors.records.metrics_table import (
    DAY_SECONDS,
    connector_counts,
    connector_counts_daily,
    outcome_counts,
    outcome_counts_daily,
    workspace_counts,
)
from tests.support.plane import Plane

QUARTER = 15 * 60


def counted(connector_id: str, at: datetime, class_: str = "sent", **more: Any) -> dict[str, Any]:
    """A row of the quarter hours."""
    bucket = int(at.timestamp()) // QUARTER * QUARTER
    row = {"workspace": "default", "connector_id": connector_id, "action_id": "act_1", "bucket_at": bucket}
    return row | {"class": class_, "reason": "", "partner_code": "", "count": 1} | more


GRAINS = (
    (outcome_counts, QUARTER),
    (outcome_counts_daily, DAY_SECONDS),
    (connector_counts, QUARTER),
    (connector_counts_daily, DAY_SECONDS),
    (workspace_counts, QUARTER),
)


async def store(plane: Plane, *rows: dict[str, Any]) -> None:
    """What the metrics agent would have stored, added up for each table."""
    async with plane.parts.database.transaction(write=True) as session:
        for table, grain in GRAINS:
            await session.execute(table.insert(), added_up(table, grain, rows))


def added_up(table: Table, grain: int, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one table."""
    sums: Counter[tuple[Any, ...]] = Counter()
    names = [column.name for column in table.primary_key]
    for row in rows:
        told = row | {"bucket_at": row["bucket_at"] // grain * grain}
        if "partner_code" not in names and row["class"] != "skipped":
            told["reason"] = ""
        sums[tuple(told[name] for name in names)] += row["count"]
    return [dict(zip(names, key, strict=True)) | {"count": count} for key, count in sums.items()]


async def statistics(plane: Plane, **query: Any) -> Any:
    """The answer to a question."""
    return await plane.call("GET", "/v1/statistics", 200, params=query)
