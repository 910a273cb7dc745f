"""All SQL of error groups; the metrics agent alone writes these tables."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from connectors.records.delivery import OutcomeClass
from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX, QUARTER_HOUR_SECONDS
from connectors.records.metrics_table import outcome_counts, outcome_errors
from control_plane.access.work import Work
from control_plane.database.models import Connector

_ERRORS = [outcome.value for outcome in OutcomeClass if outcome.is_error]
_COUNTED = [*_ERRORS, *(ATTEMPT_CLASS_PREFIX + outcome for outcome in _ERRORS)]
GroupKey = tuple[str, str, str, str]  # connector, class, reason, partner code


@dataclass(frozen=True, slots=True)
class Span:
    """Unix seconds, and the connector that is asked for."""

    start: int
    end: int
    connector_id: str | None


async def counted(work: Work, span: Span) -> list[Any]:
    """Counts by group and action, with the first and the last quarter hour."""
    c = outcome_counts.c
    keys = (c.connector_id, c["class"], c.reason, c.partner_code, c.action_id)
    first = span.start - span.start % QUARTER_HOUR_SECONDS
    statement = (
        select(
            *keys,
            func.sum(c["count"]).label("count"),
            func.min(c.bucket_at).label("first"),
            func.max(c.bucket_at).label("last"),
        )
        .where(c.workspace == work.workspace, c.bucket_at >= first, c.bucket_at < span.end, c["class"].in_(_COUNTED))
        .group_by(*keys)
    )
    if span.connector_id is not None:
        statement = statement.where(c.connector_id == span.connector_id)
    return list((await work.session.execute(statement)).mappings())


async def seen(work: Work, span: Span) -> dict[GroupKey, tuple[int, int]]:
    """The exact first and last moment of each group, as far as its errors are kept one by one."""
    c = outcome_errors.c
    keys = (c.connector_id, c["class"], c.reason, c.partner_code)
    mine = [c.workspace == work.workspace, c["at"] >= span.start, c["at"] < span.end]
    if span.connector_id is not None:
        mine.append(c.connector_id == span.connector_id)
    statement = select(*keys, func.min(c["at"]), func.max(c["at"])).where(*mine).group_by(*keys)
    return {(row[0], row[1], row[2], row[3]): (row[4], row[5]) for row in await work.session.execute(statement)}


async def connectors(work: Work) -> dict[str, tuple[str, str]]:
    """Name and type of each connector of the workspace."""
    statement = select(Connector.id, Connector.name, Connector.type).where(Connector.workspace == work.workspace)
    return {row[0]: (row[1], row[2]) for row in await work.session.execute(statement)}
