"""The SQL shape of the outcome metrics: written by the metrics agent alone, read by the control plane.

Times are unix seconds (UTC). `class` is an outcome class, or `attempt:<class>` for a failed attempt that was not
final. `partner_code` and `reason` are empty text where there is none, so that they can be part of a key.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from connectors.records.metrics_grain import DAY_SECONDS, LATENCY_BUCKETS_MS, QUARTER_HOUR_SECONDS

__all__ = [
    "DAY_SECONDS",
    "LATENCY_BUCKETS_MS",
    "QUARTER_HOUR_SECONDS",
    "connector_counts",
    "connector_counts_daily",
    "error_horizons",
    "last_deliveries",
    "metadata",
    "metrics_positions",
    "outcome_codes",
    "outcome_counts",
    "outcome_counts_daily",
    "outcome_errors",
    "outcome_latency",
    "run_counts",
    "workspace_counts",
]

metadata = MetaData()


def _counts(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("workspace", String(64), primary_key=True),
        Column("connector_id", String(64), primary_key=True),
        Column("bucket_at", BigInteger, primary_key=True),
        Column("action_id", String(64), primary_key=True),
        Column("class", String(32), primary_key=True),
        Column("reason", String(64), primary_key=True),
        Column("partner_code", String(64), primary_key=True),
        Column("count", BigInteger, nullable=False),
    )


outcome_counts = _counts("outcome_counts")
"""One row per quarter hour and combination."""

outcome_counts_daily = _counts("outcome_counts_daily")
"""The same by UTC day: whole days of long windows are read from here."""


def _connector_counts(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("workspace", String(64), primary_key=True),
        Column("bucket_at", BigInteger, primary_key=True),
        Column("connector_id", String(64), primary_key=True),
        Column("class", String(32), primary_key=True),
        Column("reason", String(64), primary_key=True),
        Column("count", BigInteger, nullable=False),
    )


connector_counts = _connector_counts("connector_counts")
"""The quarter hours of each connector, its actions together; by time, so that an overview reads one stretch of the
key. `reason` is told of what was skipped only; there are no partner codes."""

connector_counts_daily = _connector_counts("connector_counts_daily")
"""The same by UTC day."""

workspace_counts = Table(
    "workspace_counts",
    metadata,
    Column("workspace", String(64), primary_key=True),
    Column("bucket_at", BigInteger, primary_key=True),
    Column("class", String(32), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""The quarter hours of everything together: few enough to be cut into the days of any time zone."""

outcome_codes = Table(
    "outcome_codes",
    metadata,
    Column("workspace", String(64), primary_key=True),
    Column("connector_id", String(64), primary_key=True),
    Column("hour_at", BigInteger, primary_key=True),
    Column("partner_code", String(64), primary_key=True),
)
"""The undocumented partner codes that an hour counts by name, at most 200 per connector; any later one is `other`."""

outcome_latency = Table(
    "outcome_latency",
    metadata,
    Column("workspace", String(64), primary_key=True),
    Column("connector_id", String(64), primary_key=True),
    Column("bucket_at", BigInteger, primary_key=True),
    Column("kind", String(16), primary_key=True),  # `attempt` or `end_to_end`
    Column("le_ms", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""How long it took, by UTC day: `attempt` has each exchange, `end_to_end` each delivery that was sent or removed."""

last_deliveries = Table(
    "last_deliveries",
    metadata,
    Column("workspace", String(64), primary_key=True),
    Column("connector_id", String(64), primary_key=True),
    Column("action_id", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
)
"""When the last delivery of an action ended `sent` or `removed`."""

outcome_errors = Table(
    "outcome_errors",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("connector_id", String(64), nullable=False),
    Column("action_id", String(64), nullable=False),
    Column("delivery_id", String(64), nullable=False),
    Column("event_id", Text),
    Column("profile_id", Text, nullable=False),
    Column("change", String(16)),
    Column("class", String(32), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("partner_code", String(64), nullable=False),
    Column("http_status", Integer),
    Column("attempts", Integer, nullable=False),
    Column("run", Integer, nullable=False),
    Index("ix_outcome_errors_connector", "workspace", "connector_id", "at"),
    Index("ix_outcome_errors_newest", "workspace", "at", "partition", "offset"),
)
"""Each outcome that is an error, for download; the key is its place on `outcomes`, so that a re-read adds nothing."""

run_counts = Table(
    "run_counts",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("class", String(32), primary_key=True),
    Column("reason", String(64), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""What the deliveries of a replay ended as: the progress of the job whose number the run is."""

error_horizons = Table(
    "error_horizons",
    metadata,
    Column("workspace", String(64), primary_key=True),
    Column("connector_id", String(64), primary_key=True),
    Column("complete_from", BigInteger, nullable=False),
)
"""Since when a connector's error rows are all there: a window that begins earlier is `truncated`. No row: nothing was
removed yet."""

metrics_positions = Table(
    "metrics_positions",
    metadata,
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
)
"""How far each partition has been counted; advanced by compare-and-set in the transaction that counts."""
