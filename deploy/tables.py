"""Tables on the terminal: the topics, and the statistics with a bar of colours per row."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from deploy.topics import Change

BAR_WIDTH = 30
COLOURS = {
    "sent": "green",
    "removed": "blue",
    "invalid_credentials": "magenta",
    "timeout": "yellow",
    "partner_error": "red",
    "other_error": "dark_orange",
}
OTHER_COLOUR = "white"


def topics_table(changes: Sequence[Change]) -> Table:
    """Each topic: how many partitions, what was done, and why it is as it is."""
    table = Table("topic", "partitions", "done", "why", title="Topics", title_justify="left")
    for change in changes:
        table.add_row(change.wanted.name, str(change.wanted.partitions), change.summary, change.wanted.topic.why)
    return table


def statistics_table(answer: Mapping[str, Any]) -> Table:
    """One row per connector and, indented, per action, and one for the whole; from `GET /v1/statistics`."""
    table = Table("", "sent", "removed", "errors", "skipped", "of what was attempted", title=_title(answer))
    for column in table.columns[1:5]:
        column.justify = "right"
    for connector in answer["connectors"]:
        _add_row(table, connector["name"] or connector["connector_id"], connector["totals"])
        for action in connector["actions"]:
            _add_row(table, f"  {action['name'] or action['action_id']}", action["totals"])
    table.add_section()
    _add_row(table, "all", answer["totals"])
    return table


def bar(counts: Mapping[str, int], width: int = BAR_WIDTH) -> Text:
    """The shares of a row as coloured blocks; whatever is not nothing gets at least one."""
    total = sum(counts.values())
    text = Text()
    for name, count in counts.items():
        if count:
            text.append("█" * max(1, round(width * count / total)), style=COLOURS.get(name, OTHER_COLOUR))
    return text


def _title(answer: Mapping[str, Any]) -> str:
    return f"{answer['window']}, {answer['start'][:16]} to {answer['end'][:16]} ({answer['time_zone']})"


def _add_row(table: Table, name: str, totals: Mapping[str, Any]) -> None:
    shares = {"sent": totals["sent"], "removed": totals["removed"], **totals["errors"]}
    numbers = (totals["sent"], totals["removed"], totals["errors_total"], totals["skipped_total"])
    table.add_row(Text(name), *(f"{number:,}" for number in numbers), bar(shares))
