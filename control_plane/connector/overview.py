"""The list of connectors: searched, filtered, ordered, with what each did in the last 24 hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from control_plane.access.work import Work
from control_plane.connector import presentation, repository
from control_plane.connector.ordering import BY_FIGURES, Sort, Status, keys_of, page_of
from control_plane.connector.repository import Listed, Search
from control_plane.connector.schemas import ConnectorOverview, MatchingAction, RecentRead, Trouble
from control_plane.outcome.recent import NOTHING, Recent, recent_of
from control_plane.pagination import Page, Paging
from control_plane.publishing.lookup import actions_of

MATCHES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which connectors, and in which order."""

    search: Search
    statuses: frozenset[Status]
    labels: frozenset[str]
    has_errors: bool | None
    sort: Sort
    reverse: bool


async def list_page(work: Work, wanted: Wanted, paging: Paging) -> Page[ConnectorOverview]:
    """A page. An order by figures is that of the moment: from page to page they go on moving."""
    rows = [row for row in await repository.listed(work, wanted.search) if wanted.labels.issubset(row.labels)]
    troubles = presentation.troubles(work)
    statuses = {row.id: _status(row, troubles.get(row.id)) for row in rows}
    if wanted.statuses:
        rows = [row for row in rows if statuses[row.id] in wanted.statuses]
    recent: Mapping[str, Recent] = {}
    if wanted.sort in BY_FIGURES or wanted.has_errors is not None:
        recent = await recent_of(work)
    if wanted.has_errors is not None:
        rows = [row for row in rows if _has_errors(recent, row.id) is wanted.has_errors]
    keys = keys_of(wanted.sort, rows, statuses, recent)
    ids, cursor = page_of(keys, paging.cursor, paging.limit, reverse=wanted.reverse)
    shown = await _show(work, ids, recent or await recent_of(work, ids), wanted.search.words)
    return paging.page(shown, cursor)


async def _show(
    work: Work, ids: Sequence[str], recent: Mapping[str, Recent], words: Sequence[str]
) -> list[ConnectorOverview]:
    rows = await repository.by_ids(work, ids)
    shown = {read.id: read for read in await presentation.show_all(work, list(rows.values()))}
    matching = await _matching(work, ids, words) if words else {}
    return [
        ConnectorOverview(
            **dict(shown[key]),
            last_24_hours=_recent_read(recent.get(key, NOTHING)),
            last_delivery_at=recent.get(key, NOTHING).last_delivery_at,
            matching_actions=matching.get(key, []),
        )
        for key in ids
        if key in shown
    ]


async def _matching(work: Work, ids: Sequence[str], words: Sequence[str]) -> dict[str, list[MatchingAction]]:
    found: dict[str, list[MatchingAction]] = {}
    for action in await actions_of(work, ids):
        name = action.name.casefold()
        matches = found.setdefault(action.connector_id, [])
        if not action.removed and len(matches) < MATCHES_SHOWN and any(word.casefold() in name for word in words):
            matches.append(MatchingAction(id=action.id, name=action.name))
    return found


def _status(row: Listed, trouble: Trouble | None) -> Status:
    if not row.active:
        return Status.DEACTIVATED
    if trouble is not None:
        return Status(trouble)
    return Status.PAUSED if row.paused else Status.ACTIVE


def _has_errors(recent: Mapping[str, Recent], connector_id: str) -> bool:
    return recent.get(connector_id, NOTHING).totals.errors_total > 0


def _recent_read(recent: Recent) -> RecentRead:
    totals = recent.totals
    return RecentRead(
        sent=totals.sent, removed=totals.removed, errors=totals.errors_total, error_rate=totals.error_rate
    )
