"""The SQL of the metrics store, built once for a dialect: building a statement costs more than running it."""

from typing import Any

from sqlalchemy import Select, Table, Update, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from connectors.records.metrics_table import (
    connector_counts,
    connector_counts_daily,
    error_horizons,
    last_deliveries,
    metrics_positions,
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    outcome_latency,
    run_counts,
    workspace_counts,
)

ADDED = (
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_latency,
    run_counts,
    last_deliveries,
    outcome_errors,
    connector_counts,
    connector_counts_daily,
    workspace_counts,
)
"""Every agent adds to the tables in this order, and to each in the order of its key: so no two wait for each other.

Those whose rows most chunks share come last, so that they are held for the shortest time."""

_PLACE = (
    metrics_positions.c.topic == bindparam("of_topic"),
    metrics_positions.c.partition == bindparam("of_partition"),
)


def read_position() -> Select[int]:
    """The position of `of_topic` and `of_partition`."""
    return select(metrics_positions.c.next_offset).where(*_PLACE)


def move_position() -> Update:
    """The compare-and-set of that position from `expected` to `to`."""
    as_expected = metrics_positions.c.next_offset == bindparam("expected")
    return update(metrics_positions).where(*_PLACE, as_expected).values(next_offset=bindparam("to"))


def read_named_codes() -> Select[str, str, int, str]:
    """The codes that have a name in each of `hours`."""
    columns = outcome_codes.c
    hour = (columns.workspace, columns.connector_id, columns.hour_at)
    return select(*hour, columns.partner_code).where(tuple_(*hour).in_(bindparam("hours", expanding=True)))


def begin_position(dialect: str) -> Any:
    """A first row for a partition that was never counted."""
    return _insert(metrics_positions, dialect).on_conflict_do_nothing()


def add_to(table: Table, dialect: str) -> Any:
    """Add rows to one of the tables: counts are summed, the last delivery is the latest, an error stays as it is."""
    insert = _insert(table, dialect)
    if "count" in table.c:
        total = table.c["count"] + insert.excluded["count"]
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_={"count": total})
    if table is last_deliveries:
        return _keep_later(insert, table, "at")
    return insert.on_conflict_do_nothing()


def raise_horizon(dialect: str) -> Any:
    """Since when a connector's errors are complete; it never goes back."""
    return _keep_later(_insert(error_horizons, dialect), error_horizons, "complete_from")


def _keep_later(insert: Any, table: Table, column: str) -> Any:
    later = insert.excluded[column]
    return insert.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={column: later}, where=table.c[column] < later
    )


def _insert(table: Table, dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)
