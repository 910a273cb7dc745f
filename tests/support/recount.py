"""Counts the records of `outcomes` and `attempts` anew and by hand, to compare with what the metrics agent stored."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import outcome_counts

QUARTER_HOUR = 900
DAY = 86_400
ERRORS = {"invalid_credentials", "timeout", "partner_error", "other_error"}

Counts = Counter[tuple[Any, ...]]


def recount(outcomes: Iterable[bytes], attempts: Iterable[bytes] = (), bucket_seconds: int = QUARTER_HOUR) -> Counts:
    """By workspace, connector, bucket, action, class, reason and partner code; bytes that are no JSON are left out."""
    counts: Counts = Counter()
    for record in _readable(outcomes):
        counts[_key(record, record["outcome"], bucket_seconds)] += 1
    for record in _readable(attempts):
        if not record["final"] and record["outcome"] in ERRORS:
            counts[_key(record, "attempt:" + record["outcome"], bucket_seconds)] += 1
    return counts


async def stored_counts(engine: AsyncEngine, table: Table = outcome_counts) -> Counts:
    """The same as it stands in the quarter hours, or in the days (`outcome_counts_daily`)."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(table))
        return Counter({tuple(key): count for *key, count in rows})


def _readable(values: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    for value in values:
        try:
            yield json.loads(value)
        except ValueError:
            continue


def _key(record: dict[str, Any], class_: str, bucket_seconds: int) -> tuple[Any, ...]:
    at = int(datetime.fromisoformat(record["at"]).timestamp())
    return (
        record["workspace"],
        record["connector_id"],
        at // bucket_seconds * bucket_seconds,
        record["action_id"],
        class_,
        record.get("reason") or "",
        record.get("partner_code") or "",
    )
