"""Folds counted rows into totals, days and partner codes; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from connectors.kit.declaration import ConnectorType
from connectors.records.delivery import OutcomeClass
from control_plane.outcome.repository import Count, DayCount
from control_plane.outcome.schemas import CodeRead, DayRead, Totals
from control_plane.outcome.window import Day

_ATTEMPT = "attempt:"
_TOLD = ("sent", "removed", "skipped")


def fold_totals(counts: Iterable[Count]) -> Totals:
    """What all of these come to."""
    totals = Totals()
    for item in counts:
        if item.class_.startswith(_ATTEMPT):
            _add(totals.failed_attempts, item.class_.removeprefix(_ATTEMPT), item.count)
            totals.failed_attempts_total += item.count
        elif item.class_ == OutcomeClass.SENT:
            totals.sent += item.count
        elif item.class_ == OutcomeClass.REMOVED:
            totals.removed += item.count
        elif item.class_ == OutcomeClass.SKIPPED:
            _add(totals.skipped, item.reason, item.count)
            totals.skipped_total += item.count
        else:
            _add(totals.errors, item.class_, item.count)
            totals.errors_total += item.count
    ended = totals.sent + totals.removed + totals.errors_total
    totals.error_rate = totals.errors_total / ended if ended else None
    return totals


def fold_days(days: Iterable[Day], counts: Iterable[DayCount], data_since: int) -> list[DayRead]:
    """Every day of the window; those that ended before `data_since` have no data."""
    by_number: dict[int, list[DayCount]] = defaultdict(list)
    for item in counts:
        by_number[item.day].append(item)
    return [_fold_day(day, by_number.get(_number(day), ()), data_since) for day in days]


def fold_codes(counts: Iterable[Count], type_: ConnectorType | None) -> list[CodeRead]:
    """The partner's codes among the errors, most frequent first."""
    found: dict[str, int] = defaultdict(int)
    for item in counts:
        if item.partner_code and item.class_ not in _NO_ERRORS and not item.class_.startswith(_ATTEMPT):
            found[item.partner_code] += item.count
    return [
        CodeRead(
            code=code,
            count=count,
            meaning=None if type_ is None else type_.codes.get(code),
            link=None if type_ is None else type_.code_link(code),
        )
        for code, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


_NO_ERRORS = (OutcomeClass.SENT, OutcomeClass.REMOVED, OutcomeClass.SKIPPED)


def _fold_day(day: Day, counts: Sequence[DayCount], data_since: int) -> DayRead:
    # Added up in plain dicts: there are a thousand of these, and assigning to a model costs ten times as much.
    told = dict.fromkeys(_TOLD, 0)
    errors: dict[str, int] = {}
    failed_attempts = 0
    for item in counts:
        if item.class_ in _TOLD:
            told[item.class_] += item.count
        elif item.class_.startswith(_ATTEMPT):
            failed_attempts += item.count
        else:
            _add(errors, item.class_, item.count)
    has_data = bool(counts) or day.end > data_since
    common = {"date": day.date, "partial": day.partial, "data": has_data}
    return DayRead(**common, **told, errors=errors, failed_attempts=failed_attempts)


def _number(day: Day) -> int:
    return day.date.toordinal() - 719_163  # the ordinal of 1970-01-01


def _add(counts: dict[str, int], name: str, count: int) -> None:
    counts[name] = counts.get(name, 0) + count
