"""The counts of a window as CSV: a row for each day and action with anything to tell."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace

from connectors.records.delivery import OutcomeClass
from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX
from control_plane.access.work import Work
from control_plane.outcome import repository
from control_plane.outcome.errors import csv_text, safe_cell
from control_plane.outcome.repository import Scope
from control_plane.outcome.window import Window

_CLASSES = tuple(outcome.value for outcome in OutcomeClass)
COLUMNS = ("date", "connector_id", "connector", "action_id", "action", *_CLASSES, "failed_attempts")


async def csv_lines(work: Work, window: Window, scope: Scope, *, bom: bool) -> AsyncIterator[str]:
    """The text, a day at a time, each read in a transaction of its own; what is deleted has no name."""
    yield ("\ufeff" if bom else "") + csv_text([COLUMNS])
    for day in window.day_by_day():
        async with work.parts.database.transaction(write=False) as session:
            rows = await _rows_of(replace(work, session=session), day, scope)
        if rows:
            yield csv_text(rows)


async def _rows_of(work: Work, day: Window, scope: Scope) -> list[tuple[str | int, ...]]:
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in await repository.by_day(work, day, scope, each=True):
        name = "failed_attempts" if item.class_.startswith(ATTEMPT_CLASS_PREFIX) else item.class_
        found[item.connector_id, item.action_id][name] += item.count
    connectors, actions = await repository.names(work, scope) if found else ((), {})
    names = {row.id: row.name for row in connectors}
    return [
        (
            day.days[0].date.isoformat(),
            *(safe_cell(text) for text in (connector, names.get(connector), action, actions.get(action))),
            *(counts.get(name, 0) for name in (*_CLASSES, "failed_attempts")),
        )
        for (connector, action), counts in sorted(found.items())
    ]
