"""The counts of a window as CSV: a row for each day and action with anything to tell."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from connectors.records.delivery import OutcomeClass
from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX
from control_plane.access.work import Work
from control_plane.outcome import repository
from control_plane.outcome.errors import csv_text, safe_cell
from control_plane.outcome.repository import Scope
from control_plane.outcome.window import Window

_CLASSES = tuple(outcome.value for outcome in OutcomeClass)
COLUMNS = ("date", "connector_id", "connector", "action_id", "action", *_CLASSES, "failed_attempts")
_BATCH = 1000
_EPOCH = date(1970, 1, 1)


async def statistics_csv(work: Work, window: Window, scope: Scope) -> Iterator[str]:
    """The text, in pieces; deleted connectors and actions have no name."""
    connectors, actions = await repository.names(work, scope)
    names = {row.id: row.name for row in connectors}
    rows: dict[tuple[int, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in await repository.by_day(work, window, scope, each=True):
        name = "failed_attempts" if item.class_.startswith(ATTEMPT_CLASS_PREFIX) else item.class_
        rows[item.day, item.connector_id, item.action_id][name] += item.count
    lines = [
        (
            (_EPOCH + timedelta(days=day)).isoformat(),
            *(safe_cell(text) for text in (connector, names.get(connector), action, actions.get(action))),
            *(counts.get(name, 0) for name in (*_CLASSES, "failed_attempts")),
        )
        for (day, connector, action), counts in sorted(rows.items())
    ]
    return (csv_text(lines[at : at + _BATCH]) for at in range(0, len(lines), _BATCH))
