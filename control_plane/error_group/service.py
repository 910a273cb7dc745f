"""Puts errors that are the same together: counts, moments, and what is known about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX, QUARTER_HOUR_SECONDS
from control_plane.access.work import Work
from control_plane.error_group import repository
from control_plane.error_group.advice import advice_for
from control_plane.error_group.repository import GroupKey, Span
from control_plane.error_group.schemas import ErrorGroupRead, ErrorGroups

MOST_GROUPS = 1000


@dataclass(slots=True)
class Group:
    """What the counts of one error come to; moments are unix seconds."""

    first: int
    last: int
    count: int = 0
    failed_attempts: int = 0
    action_ids: set[str] = field(default_factory=set)


async def read_groups(work: Work, span: Span) -> ErrorGroups:
    """The groups of a span, the most recent first."""
    groups = fold(await repository.counted(work, span), await repository.seen(work, span))
    known = await repository.connectors(work)
    ordered = sorted(groups.items(), key=lambda item: (-item[1].last, -item[1].count, item[0]))
    return ErrorGroups(
        start=_moment(span.start),
        end=_moment(span.end),
        items=[_show(work, key, group, known) for key, group in ordered[:MOST_GROUPS]],
        truncated=len(ordered) > MOST_GROUPS,
    )


def fold(counted: Iterable[Mapping[str, Any]], seen: Mapping[GroupKey, tuple[int, int]]) -> dict[GroupKey, Group]:
    """Counts by quarter hour to groups; a moment that is known exactly replaces its quarter hour."""
    groups: dict[GroupKey, Group] = {}
    for row in counted:
        class_ = row["class"].removeprefix(ATTEMPT_CLASS_PREFIX)
        key = (row["connector_id"], class_, row["reason"], row["partner_code"])
        group = groups.setdefault(key, Group(row["first"], row["last"]))
        group.first, group.last = min(group.first, row["first"]), max(group.last, row["last"])
        group.action_ids.add(row["action_id"])
        if class_ == row["class"]:
            group.count += int(row["count"])
        else:
            group.failed_attempts += int(row["count"])
    for key, (first, last) in seen.items():
        if key in groups:
            group = groups[key]
            group.first = first if first < group.first + QUARTER_HOUR_SECONDS else group.first
            group.last = max(group.last, last)
    return groups


def _show(work: Work, key: GroupKey, group: Group, known: Mapping[str, tuple[str, str]]) -> ErrorGroupRead:
    connector_id, outcome, reason, code = key
    name, type_key = known.get(connector_id, (None, ""))
    type_ = work.types.get(type_key)
    advice = advice_for(outcome, reason)
    return ErrorGroupRead(
        connector_id=connector_id,
        connector_name=name,
        outcome=outcome,
        reason=reason or None,
        partner_code=code or None,
        meaning=type_.code_meaning(code) if type_ is not None and code else None,
        link=type_.code_link(code) if type_ is not None and code else None,
        count=group.count,
        failed_attempts=group.failed_attempts,
        first_seen_at=_moment(group.first),
        last_seen_at=_moment(group.last),
        action_ids=sorted(group.action_ids),
        likely_cause=advice.likely_cause,
        what_to_do=advice.what_to_do,
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
