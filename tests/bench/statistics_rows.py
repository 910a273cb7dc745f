"""Fills a database with 90 days of sparse counts and errors of many connectors, in order of time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from connectors.records.metrics_table import DAY_SECONDS
from control_plane.database.models import Action, Connector
from tests.support.plane import LEDGER_SETTINGS, Plane

CONNECTORS, ACTIONS_EACH, DAYS, CODES = 1_000, 10, 90, 5
QUARTER = 900

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
_LATENCY = """
INSERT INTO outcome_latency (workspace, connector_id, bucket_at, kind, le_ms, count)
SELECT 'default', 'con_' || c.i, {since} + d.i * 86400, CASE WHEN b.i < 6 THEN 'attempt' ELSE 'end_to_end' END,
    10 * (b.i % 6 + 1) * (b.i % 6 + 1), 1 + (c.i * d.i + b.i) % 500
FROM {days} AS d CROSS JOIN {connectors} AS c CROSS JOIN {buckets} AS b
"""
_ERRORS = """
INSERT INTO outcome_errors ("partition", "offset", at, workspace, connector_id, action_id, delivery_id, event_id,
    profile_id, change, class, reason, partner_code, http_status, attempts, run)
SELECT n.i % 8, n.i / 8, {since} + n.i * 86400 * {days} / {errors}, 'default', 'con_' || (n.i % {connectors}),
    'act_' || (n.i % {actions}), 'dlv_' || n.i, 'e-' || n.i, 'p-' || (n.i % 50000), 'joined',
    CASE WHEN n.i % 7 = 0 THEN 'timeout' ELSE 'partner_error' END, CASE WHEN n.i % 7 = 0 THEN '' ELSE 'rejected' END,
    CASE WHEN n.i % 7 = 0 THEN '' ELSE '' || (n.i % {codes}) END, 400, 3, 0
FROM {numbers} AS n
"""


async def fill(plane: Plane, rows: int, errors: int) -> None:
    """Connectors, actions, their counts, latencies and errors."""
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
        for statement in statements(session.get_bind().dialect.name, rows, errors):
            await session.execute(text(statement))
    async with plane.parts.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))


def statements(dialect: str, rows: int, errors: int) -> Iterator[str]:
    """What fills the tables that the metrics agent writes."""
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
    yield _LATENCY.format(
        since=since,
        days=numbers.format(count=DAYS),
        connectors=numbers.format(count=CONNECTORS),
        buckets=numbers.format(count=12),
    )
    yield _ERRORS.format(
        since=since,
        days=DAYS,
        errors=errors,
        connectors=CONNECTORS,
        actions=actions,
        codes=CODES,
        numbers=numbers.format(count=errors),
    )
