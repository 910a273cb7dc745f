"""All SQL that reads the metrics tables; the metrics agent alone writes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, case, func, literal, literal_column, select

from connectors.records.delivery import OutcomeClass
from connectors.records.metrics_grain import DAY_SECONDS, HOUR_SECONDS
from connectors.records.metrics_table import (
    connector_counts,
    connector_counts_daily,
    error_horizons,
    last_deliveries,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    outcome_latency,
    workspace_counts,
)
from control_plane.access.work import Work
from control_plane.database.models import Action, Connector
from control_plane.outcome.window import Stretch, Window, utc_days_within
from control_plane.pagination import Paging, fetch_page


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for: one connector or action, or all of them."""

    connector_id: str | None = None
    action_id: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorFilter:
    """Which errors are asked for."""

    scope: Scope
    start: int
    end: int
    outcome: str | None = None
    partner_code: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """So many outcomes, or failed attempts (`attempt:…`), of a class."""

    connector_id: str
    action_id: str
    class_: str
    reason: str
    partner_code: str
    count: int


@dataclass(frozen=True, slots=True)
class ConnectorName:
    """What a connector is called; a deleted one has no name."""

    id: str
    name: str | None
    type: str | None


_DELIVERED = (OutcomeClass.SENT.value, OutcomeClass.REMOVED.value)
_FAILED = tuple(outcome.value for outcome in OutcomeClass if outcome.is_error)
_ACTION_KEYS = ("connector_id", "action_id", "class", "reason", "partner_code")


@dataclass(frozen=True, slots=True)
class DayCount:
    """The same by day; `day` counts days of the caller's calendar since 1970."""

    connector_id: str
    action_id: str
    day: int
    class_: str
    count: int


async def totals(work: Work, window: Window, scope: Scope) -> list[Count]:
    """Counts of the whole window, action by action."""
    tables, span = (outcome_counts, outcome_counts_daily), (window.start, window.end)
    return [Count(*row) for row in await _sums(work, tables, _ACTION_KEYS, span, scope)]


async def connector_totals(work: Work, start: int, end: int, scope: Scope = Scope()) -> list[Count]:
    """Counts between two seconds that begin a quarter hour, connector by connector, without partner codes."""
    tables, keys = (connector_counts, connector_counts_daily), ("connector_id", "class", "reason")
    sums = await _sums(work, tables, keys, (start, end), scope)
    return [Count(connector_id, "", class_, reason, "", count) for connector_id, class_, reason, count in sums]


async def by_day(work: Work, window: Window, scope: Scope, *, each: bool) -> list[DayCount]:
    """Counts by day of the caller's calendar, for each action or for all together."""
    found: list[DayCount] = []
    for stretch in window.stretches:
        found.extend(await _days(work, stretch, scope, each=each))
    return found


async def last_delivered(work: Work, scope: Scope) -> dict[tuple[str, str], int]:
    """When each action last delivered something."""
    c = last_deliveries.c
    statement = select(c.connector_id, c.action_id, c.at).where(*_within(work, c, scope))
    return {(connector, action): at for connector, action, at in await work.session.execute(statement)}


async def connector_counts_within(
    work: Work, span: tuple[int, int], connector_ids: Sequence[str] | None
) -> list[Count]:
    """Counts of less than a day, connector by connector: some by their own keys, all of them from the roll-up."""
    if connector_ids is None:
        return await connector_totals(work, *span)
    c = outcome_counts.c
    keys = (c.connector_id, c["class"], c.reason)
    some = c.connector_id.in_(connector_ids)
    statement = select(*keys, func.sum(c["count"])).where(c.workspace == work.workspace, some, *_between(c, span))
    rows = await work.session.execute(statement.group_by(*keys))
    return [Count(connector_id, "", class_, reason, "", int(count)) for connector_id, class_, reason, count in rows]


async def workspace_by_day(work: Work, window: Window) -> list[DayCount]:
    """Counts of everything together, by day of the caller's calendar."""
    c = workspace_counts.c
    found: list[DayCount] = []
    for stretch in window.stretches:
        day = _day_of(c.bucket_at, stretch)
        statement = (
            select(day, c["class"], func.sum(c["count"]))
            .where(c.workspace == work.workspace, *_between(c, (stretch.start, stretch.end)))
            .group_by(day, c["class"])
        )
        rows = await work.session.execute(statement)
        found.extend(DayCount("", "", number, class_, int(count)) for number, class_, count in rows)
    return found


async def by_hour(work: Work, span: tuple[int, int]) -> list[tuple[str, int, int, int]]:
    """Connector, hour of the span, how many were delivered, how many failed; for every connector of the workspace."""
    c = connector_counts.c
    hour = (c.bucket_at - literal_column(str(span[0]), BigInteger)) // literal_column(str(HOUR_SECONDS), BigInteger)
    delivered = func.sum(case((c["class"].in_(_DELIVERED), c["count"]), else_=0))
    failed = func.sum(case((c["class"].in_(_FAILED), c["count"]), else_=0))
    told = (c.workspace == work.workspace, *_between(c, span), c["class"].in_([*_DELIVERED, *_FAILED]))
    rows = await work.session.execute(
        select(c.connector_id, hour, delivered, failed).where(*told).group_by(c.connector_id, hour)
    )
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


async def latencies(work: Work, window: Window, connector_id: str) -> dict[str, dict[int, int]]:
    """Histograms of a connector by kind, of the UTC days that the window touches."""
    c = outcome_latency.c
    first = window.start - window.start % DAY_SECONDS
    mine = (c.workspace == work.workspace, c.connector_id == connector_id, *_between(c, (first, window.end)))
    statement = select(c.kind, c.le_ms, func.sum(c["count"])).where(*mine).group_by(c.kind, c.le_ms)
    found: dict[str, dict[int, int]] = {}
    for kind, bound, count in await work.session.execute(statement):
        found.setdefault(kind, {})[bound] = int(count)
    return found


async def connectors_last_delivered(work: Work, connector_ids: Iterable[str] | None = None) -> dict[str, int]:
    """When each connector last delivered something; of these, or of all."""
    c = last_deliveries.c
    statement = select(c.connector_id, func.max(c.at)).where(c.workspace == work.workspace).group_by(c.connector_id)
    if connector_ids is not None:
        statement = statement.where(c.connector_id.in_(list(connector_ids)))
    return {row[0]: row[1] for row in await work.session.execute(statement)}


async def connector_names(work: Work) -> list[ConnectorName]:
    """The connectors of the workspace, oldest first."""
    statement = select(Connector.id, Connector.name, Connector.type).where(Connector.workspace == work.workspace)
    return [ConnectorName(*row) for row in await work.session.execute(statement.order_by(Connector.id))]


async def has_connector(work: Work, connector_id: str) -> bool:
    """Whether the workspace has it now; a deleted one still has counts."""
    mine = (Connector.id == connector_id, Connector.workspace == work.workspace)
    return await work.session.scalar(select(Connector.id).where(*mine)) is not None


async def names(work: Work, scope: Scope) -> tuple[Sequence[Connector], dict[str, str]]:
    """The connectors of the workspace, and the names of their actions."""
    connectors = select(Connector).where(Connector.workspace == work.workspace).order_by(Connector.id)
    actions = select(Action.id, Action.name).where(Action.workspace == work.workspace)
    if scope.connector_id is not None:
        connectors = connectors.where(Connector.id == scope.connector_id)
        actions = actions.where(Action.connector_id == scope.connector_id)
    found = await work.session.execute(actions)
    return (await work.session.scalars(connectors)).all(), {row[0]: row[1] for row in found}


async def page_of_errors(work: Work, wanted: ErrorFilter, paging: Paging) -> tuple[list[Any], str | None]:
    """Errors, newest first."""
    c = outcome_errors.c
    order = (c.at, c.partition, c.offset)
    return await fetch_page(work.session, _errors(work, wanted), order, paging, newest_first=True)


async def errors_before(work: Work, wanted: ErrorFilter, place: tuple[int, int, int] | None, limit: int) -> list[Any]:
    """The next errors after a place, newest first, for the download."""
    c = outcome_errors.c
    statement = _errors(work, wanted)
    if place is not None:
        at, partition, offset = place
        earlier_partition = (c.at == at) & (c.partition < partition)
        earlier_offset = (c.at == at) & (c.partition == partition) & (c.offset < offset)
        statement = statement.where((c.at < at) | earlier_partition | earlier_offset)
    ordered = statement.order_by(c.at.desc(), c.partition.desc(), c.offset.desc()).limit(limit)
    return list((await work.session.execute(ordered)).mappings())


async def complete_from(work: Work, scope: Scope) -> int:
    """Since when every error row is there; 0 when none was ever removed."""
    c = error_horizons.c
    conditions = [c.workspace == work.workspace]
    if scope.connector_id is not None:
        conditions.append(c.connector_id == scope.connector_id)
    return await work.session.scalar(select(func.max(c.complete_from)).where(*conditions)) or 0


async def _sums(
    work: Work, tables: tuple[Table, Table], keys: Sequence[str], span: tuple[int, int], scope: Scope
) -> list[tuple[Any, ...]]:
    """The keys with their sum, whole UTC days from the second table, the edges of the span from the first."""
    whole = utc_days_within(*span)
    if whole is None:
        return await _sum(work, tables[0], keys, span, scope)
    sums = await _sum(work, tables[1], keys, whole, scope)
    for edge in ((span[0], whole[0]), (whole[1], span[1])):
        if edge[0] < edge[1]:
            sums.extend(await _sum(work, tables[0], keys, edge, scope))
    return sums


async def _sum(
    work: Work, table: Table, keys: Sequence[str], span: tuple[int, int], scope: Scope
) -> list[tuple[Any, ...]]:
    c = table.c
    grouped = [c[name] for name in keys]
    total = func.sum(c["count"])
    statement = select(*grouped, total).where(*_within(work, c, scope), *_between(c, span)).group_by(*grouped)
    return [(*row[:-1], int(row[-1])) for row in await work.session.execute(statement)]


async def _days(work: Work, stretch: Stretch, scope: Scope, *, each: bool) -> Iterable[DayCount]:
    c = (outcome_counts_daily if stretch.keeps_utc_days else outcome_counts).c
    day = _day_of(c.bucket_at, stretch)
    who = (c.connector_id, c.action_id) if each else (literal("").label("connector"), literal("").label("action"))
    keys = (*((c.connector_id, c.action_id) if each else ()), day, c["class"])
    statement = (
        select(*who, day, c["class"], func.sum(c["count"]))
        .where(*_within(work, c, scope), *_between(c, (stretch.start, stretch.end)))
        .group_by(*keys)
    )
    rows = await work.session.execute(statement)
    return [DayCount(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]


def _day_of(bucket_at: Any, stretch: Stretch) -> Any:
    # Written out rather than bound: PostgreSQL must see that the grouped expression is the selected one.
    offset, length = (literal_column(str(seconds), BigInteger) for seconds in (stretch.offset, DAY_SECONDS))
    return (bucket_at + offset) // length


def _errors(work: Work, wanted: ErrorFilter) -> Select[Any]:
    c = outcome_errors.c
    conditions = [*_within(work, c, wanted.scope), c.at >= wanted.start, c.at < wanted.end]
    if wanted.outcome is not None:
        conditions.append(c["class"] == wanted.outcome)
    if wanted.partner_code is not None:
        conditions.append(c.partner_code == wanted.partner_code)
    return select(outcome_errors).where(*conditions)


def _within(work: Work, columns: Any, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = [columns.workspace == work.workspace]
    if scope.connector_id is not None:
        conditions.append(columns.connector_id == scope.connector_id)
    if scope.action_id is not None:
        conditions.append(columns.action_id == scope.action_id)
    return conditions


def _between(columns: Any, span: tuple[int, int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return columns.bucket_at >= span[0], columns.bucket_at < span[1]
