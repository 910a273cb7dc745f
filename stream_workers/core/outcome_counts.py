"""Outcomes and failed attempts of a chunk, added up to the rows of the metrics table: initialize, add, result.

Sums do not depend on how the records are cut into chunks. A connector counts at most 200 undocumented partner codes
per hour by name, first come, first named; which those are is stored, so every chunk after them decides alike.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from connectors.records.delivery import Attempt, Outcome, OutcomeClass
from connectors.records.metrics_grain import (
    ATTEMPT_CLASS_PREFIX,
    DAY_SECONDS,
    HOUR_SECONDS,
    LATENCY_BUCKETS_MS,
    MAX_CODES_PER_HOUR,
    OTHER_CODE,
    QUARTER_HOUR_SECONDS,
    SLOWER_MS,
)

Row = dict[str, Any]
HourKey = tuple[str, str, int]  # workspace, connector, start of the hour
_CountKey = tuple[str, str, int, str, str, str, str]
_LatencyKey = tuple[str, str, int, str, int]
_ActionKey = tuple[str, str, str]
_ConnectorKey = tuple[str, int, str, str, str]
_WorkspaceKey = tuple[str, int, str]
_RunKey = tuple[int, str, str]
_Key = TypeVar("_Key")

_DELIVERED = frozenset({OutcomeClass.SENT, OutcomeClass.REMOVED})
_ERRORS = frozenset(outcome for outcome in OutcomeClass if outcome.is_error)
_ATTEMPT_CLASSES = {outcome: ATTEMPT_CLASS_PREFIX + outcome for outcome in _ERRORS}
_BOUNDS = (*LATENCY_BUCKETS_MS, SLOWER_MS)
_KEY_LENGTH = 64
_INT32 = 2**31 - 1

_COUNT_COLUMNS = ("workspace", "connector_id", "bucket_at", "action_id", "class", "reason", "partner_code")
_CODE_COLUMNS = ("workspace", "connector_id", "hour_at", "partner_code")
_ACTION_COLUMNS = ("workspace", "connector_id", "action_id")
_CONNECTOR_COLUMNS = ("workspace", "bucket_at", "connector_id", "class", "reason")
_WORKSPACE_COLUMNS = ("workspace", "bucket_at", "class")
_RUN_COLUMNS = ("run", "class", "reason")
_LATENCY_COLUMNS = ("workspace", "connector_id", "bucket_at", "kind", "le_ms")


@dataclass(slots=True)
class Tally:
    """What the records so far add up to."""

    counts: dict[_CountKey, int] = field(default_factory=dict)
    latency: dict[_LatencyKey, int] = field(default_factory=dict)
    delivered_at: dict[_ActionKey, int] = field(default_factory=dict)
    runs: dict[_RunKey, int] = field(default_factory=dict)
    errors: list[Row] = field(default_factory=list)


def initialize() -> Tally:
    """Nothing counted yet."""
    return Tally()


def add_outcome(tally: Tally, outcome: Outcome, partition: int, offset: int) -> None:
    """Count one outcome; `partition` and `offset` are its place on `outcomes`, by which an error is kept."""
    at, ended = _seconds(outcome.at), outcome.outcome
    _count(tally, outcome, at, ended.value)
    if outcome.run:
        _increment(tally.runs, (min(outcome.run, _INT32), ended.value, outcome.reason or ""))
    if outcome.attempts:
        _time(tally, outcome, at, "attempt", outcome.latency_ms)
    if ended in _DELIVERED:
        _time(tally, outcome, at, "end_to_end", outcome.end_to_end_ms)
        action = (outcome.workspace, outcome.connector_id, outcome.action_id)
        if tally.delivered_at.get(action, 0) < at:
            tally.delivered_at[action] = at
    elif ended in _ERRORS:
        tally.errors.append(_error_row(outcome, at, partition, offset))


def add_attempt(tally: Tally, attempt: Attempt) -> None:
    """Count one failed attempt that was not final; any other is counted by the outcome that it led to."""
    if attempt.final or attempt.outcome not in _ERRORS:
        return
    at = _seconds(attempt.at)
    _count(tally, attempt, at, _ATTEMPT_CLASSES[attempt.outcome])
    _time(tally, attempt, at, "attempt", attempt.latency_ms)


def _count(tally: Tally, record: Outcome | Attempt, at: int, class_: str) -> None:
    bucket_at = at - at % QUARTER_HOUR_SECONDS
    code = _key_text(record.partner_code) if record.partner_code else ""
    owner = (record.workspace, record.connector_id, bucket_at)
    _increment(tally.counts, (*owner, record.action_id, class_, record.reason or "", code))


def _time(tally: Tally, record: Outcome | Attempt, at: int, kind: str, milliseconds: int) -> None:
    day = at - at % DAY_SECONDS
    _increment(tally.latency, (record.workspace, record.connector_id, day, kind, _bound(milliseconds)))


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """The sums of a chunk, ready to be named and stored.

    `undocumented` lists the partner codes of each connector and hour that compete for a name, in order of arrival.
    """

    tally: Tally
    undocumented: Mapping[HourKey, Iterable[str]]

    def rows(self, named: Mapping[HourKey, Set[str]]) -> dict[str, list[Row]]:
        """The rows to add, by table; `named` are the codes that have a name already in the hours of `undocumented`."""
        fresh = {hour: _fresh_names(codes, named.get(hour, frozenset())) for hour, codes in self.undocumented.items()}
        others = {
            hour: set(codes).difference(fresh[hour], named.get(hour, frozenset()))
            for hour, codes in self.undocumented.items()
        }
        quarter_hours: dict[_CountKey, int] = {}
        days: dict[_CountKey, int] = {}
        for key, count in self.tally.counts.items():
            workspace, connector, bucket_at, action, class_, reason, code = key
            counted_as = OTHER_CODE if code in others.get(_hour_key(workspace, connector, bucket_at), ()) else code
            _increment(quarter_hours, (*key[:-1], counted_as), count)
            day = bucket_at - bucket_at % DAY_SECONDS
            _increment(days, (workspace, connector, day, action, class_, reason, counted_as), count)
        return {
            "outcome_codes": [
                _row(_CODE_COLUMNS, (*hour, code), {}) for hour, codes in fresh.items() for code in codes
            ],
            "outcome_counts": [_row(_COUNT_COLUMNS, key, {"count": n}) for key, n in quarter_hours.items()],
            "outcome_counts_daily": [_row(_COUNT_COLUMNS, key, {"count": n}) for key, n in days.items()],
            **_rolled_up(self.tally.counts),
            "outcome_latency": [_row(_LATENCY_COLUMNS, key, {"count": n}) for key, n in self.tally.latency.items()],
            "last_deliveries": [_row(_ACTION_COLUMNS, key, {"at": at}) for key, at in self.tally.delivered_at.items()],
            "run_counts": [_row(_RUN_COLUMNS, key, {"count": n}) for key, n in self.tally.runs.items()],
            "outcome_errors": self.tally.errors,
        }


def result(tally: Tally, documented: Set[str] = frozenset()) -> ChunkCounts:
    """What the records add; partner codes in `documented` always keep their name."""
    undocumented: dict[HourKey, dict[str, None]] = {}
    for workspace, connector, bucket_at, _, _, _, code in tally.counts:
        if code and code not in documented:
            undocumented.setdefault(_hour_key(workspace, connector, bucket_at), {})[code] = None
    return ChunkCounts(tally, undocumented)


def _rolled_up(counts: Mapping[_CountKey, int]) -> dict[str, list[Row]]:
    connectors: dict[_ConnectorKey, int] = {}
    connector_days: dict[_ConnectorKey, int] = {}
    workspaces: dict[_WorkspaceKey, int] = {}
    for (workspace, connector, bucket_at, _, class_, reason, _), count in counts.items():
        told = reason if class_ == OutcomeClass.SKIPPED else ""
        day = bucket_at - bucket_at % DAY_SECONDS
        _increment(connectors, (workspace, bucket_at, connector, class_, told), count)
        _increment(connector_days, (workspace, day, connector, class_, told), count)
        _increment(workspaces, (workspace, bucket_at, class_), count)
    return {
        "connector_counts": [_row(_CONNECTOR_COLUMNS, key, {"count": n}) for key, n in connectors.items()],
        "connector_counts_daily": [_row(_CONNECTOR_COLUMNS, key, {"count": n}) for key, n in connector_days.items()],
        "workspace_counts": [_row(_WORKSPACE_COLUMNS, key, {"count": n}) for key, n in workspaces.items()],
    }


def _fresh_names(codes: Iterable[str], named: Set[str]) -> list[str]:
    free = max(0, MAX_CODES_PER_HOUR - len(named))
    return [code for code in codes if code not in named][:free]


def _hour_key(workspace: str, connector: str, at: int) -> HourKey:
    return _key_text(workspace), _key_text(connector), at - at % HOUR_SECONDS


def _row(columns: tuple[str, ...], key: tuple[str | int, ...], values: Row) -> Row:
    texts = (_key_text(part) if isinstance(part, str) else part for part in key)
    return dict(zip(columns, texts, strict=True)) | values


def _error_row(outcome: Outcome, at: int, partition: int, offset: int) -> Row:
    return {
        "partition": partition,
        "offset": offset,
        "at": at,
        "workspace": _key_text(outcome.workspace),
        "connector_id": _key_text(outcome.connector_id),
        "action_id": _key_text(outcome.action_id),
        "delivery_id": _key_text(outcome.delivery_id),
        "event_id": outcome.event_id and _without_nul(outcome.event_id),
        "profile_id": _without_nul(outcome.profile_id),
        "change": outcome.change and outcome.change.value,
        "class": outcome.outcome.value,
        "reason": _key_text(outcome.reason or ""),
        "partner_code": _key_text(outcome.partner_code or ""),
        "http_status": outcome.http_status and min(outcome.http_status, _INT32),
        "attempts": min(outcome.attempts, _INT32),
        "run": min(outcome.run, _INT32),
    }


def _increment(sums: dict[_Key, int], key: _Key, by: int = 1) -> None:
    sums[key] = sums.get(key, 0) + by


def _seconds(at: datetime) -> int:
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _bound(milliseconds: int) -> int:
    return _BOUNDS[bisect_left(LATENCY_BUCKETS_MS, milliseconds)]


def _key_text(text: str) -> str:
    return _without_nul(text[:_KEY_LENGTH])


def _without_nul(text: str) -> str:
    # PostgreSQL refuses a NUL in any text, and one refused row would hold its partition up for ever.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
