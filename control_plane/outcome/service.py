"""Answers questions about windows: puts counts, names and links together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from control_plane.access.work import Work
from control_plane.database.models import Connector, Workspace
from control_plane.errors import Fault, InvalidInput
from control_plane.outcome import repository
from control_plane.outcome.folding import fold_codes, fold_days, fold_totals
from control_plane.outcome.latency import read_latencies
from control_plane.outcome.overview import read_overview
from control_plane.outcome.repository import Count, DayCount, Scope
from control_plane.outcome.schemas import ActionStatistics, ConnectorStatistics, DayRead, Detail, Latencies, Statistics
from control_plane.outcome.window import Window, WindowLength, window_of

MOST_DAYS = 100_000
"""So many days of connectors and actions are told in one answer."""

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


def find_zone(name: str) -> ZoneInfo:
    """The time zone of this name; raises `InvalidInput`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        fault = Fault(
            pointer="query:time_zone", code="unknown_time_zone", detail="Not a zone such as Europe/Amsterdam."
        )
        raise InvalidInput(f"The time zone {name!r} is not known.", faults=(fault,)) from error


@dataclass(frozen=True, slots=True)
class _Material:
    window: Window
    counts: Mapping[tuple[str, str], list[Count]]
    days: Mapping[tuple[str, str], list[DayCount]]
    last: Mapping[tuple[str, str], int]
    names: Mapping[str, str]
    detail: Detail


async def read_statistics(work: Work, length: WindowLength, zone: ZoneInfo, scope: Scope, detail: Detail) -> Statistics:
    """The window up to now, as the caller's calendar has it; raises `InvalidInput` when it has too many days."""
    window = window_of(length, zone, work.now)
    if detail is Detail.CONNECTORS and scope == Scope():
        return await read_overview(work, window, length, zone)
    counts = await repository.totals(work, window, scope)
    connectors, names = await repository.names(work, scope)
    by_action = _grouped(counts, lambda item: (item.connector_id, item.action_id))
    if detail is Detail.DAYS:
        _demand_few_days(length, connectors, by_action)
    days = await repository.by_day(work, window, scope, each=detail is Detail.DAYS)
    material = _Material(
        window,
        by_action,
        _grouped(days, lambda item: (item.connector_id, item.action_id)),
        await repository.last_delivered(work, scope),
        names,
        detail,
    )
    workspace = await work.session.get_one(Workspace, work.workspace)
    return Statistics(
        window=length,
        time_zone=zone.key,
        start=datetime.fromtimestamp(window.start, UTC),
        end=work.now,
        totals=fold_totals(counts),
        by_day=fold_days(window.days, days, _second(workspace.created_at)),
        connectors=_connectors(work, material, connectors),
        latency=await _latency(work, window, scope),
    )


def _demand_few_days(length: WindowLength, known: Iterable[Connector], actions: Iterable[tuple[str, str]]) -> None:
    told = {(row.id, "") for row in known}
    for connector_id, action_id in actions:
        told |= {(connector_id, ""), (connector_id, action_id)}
    days = len(told) * length.days
    if days > MOST_DAYS:
        wrong = f"This would be {days:,} days of connectors and actions; at most {MOST_DAYS:,} are told at once."
        advice = "Ask for one connector or action, or for detail=connectors."
        fault = Fault(pointer="query:detail", code="too_many_days", detail=advice)
        raise InvalidInput(f"{wrong} {advice}", faults=(fault,))


async def _latency(work: Work, window: Window, scope: Scope) -> Latencies | None:
    if scope.connector_id is None or scope.action_id is not None:
        return None
    return read_latencies(await repository.latencies(work, window, scope.connector_id))


def _connectors(work: Work, material: _Material, known: Iterable[Connector]) -> list[ConnectorStatistics]:
    by_id = {row.id: row for row in known}
    actions = _grouped(sorted(material.counts), lambda key: key[0])
    deleted = sorted(set(actions) - set(by_id))
    return [_connector(work, material, (key, by_id.get(key)), actions.get(key, [])) for key in (*by_id, *deleted)]


def _connector(
    work: Work, material: _Material, connector: tuple[str, Connector | None], actions: list[tuple[str, str]]
) -> ConnectorStatistics:
    connector_id, row = connector
    counts = [count for key in actions for count in material.counts[key]]
    days = [count for key in actions for count in material.days.get(key, ())]
    since = 0 if row is None else _second(row.created_at)
    return ConnectorStatistics(
        connector_id=connector_id,
        name=None if row is None else row.name,
        type=None if row is None else row.type,
        last_delivery_at=_latest(material.last[key] for key in actions if key in material.last),
        totals=fold_totals(counts),
        partner_codes=fold_codes(counts, None if row is None else work.types.get(row.type)),
        actions=[_action(material, key, since) for key in actions],
        by_day=_days(material, days, since),
    )


def _action(material: _Material, key: tuple[str, str], since: int) -> ActionStatistics:
    return ActionStatistics(
        action_id=key[1],
        name=material.names.get(key[1]),
        last_delivery_at=_latest([material.last[key]] if key in material.last else []),
        totals=fold_totals(material.counts[key]),
        by_day=_days(material, material.days.get(key, ()), since),
    )


def _days(material: _Material, counts: Iterable[DayCount], since: int) -> list[DayRead] | None:
    return fold_days(material.window.days, counts, since) if material.detail is Detail.DAYS else None


def _grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def _latest(moments: Iterable[int]) -> datetime | None:
    latest = max(moments, default=None)
    return None if latest is None else datetime.fromtimestamp(latest, UTC)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
