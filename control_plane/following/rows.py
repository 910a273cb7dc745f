"""From records of workers to rows of tables; pure. Whatever a record holds, its rows fit their columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, String, Table, Text
from sqlalchemy.types import TypeEngine

from connectors.records.codec import UndecodableRecord, decode, decode_event
from connectors.records.delivery import Attempt, DeadLetter
from connectors.records.profile_event import ProfileEvent
from control_plane.access.first_admin import DEFAULT_WORKSPACE
from control_plane.database.models import KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.following.moments import ATTEMPT, DEAD_LETTER, look_up_hash, moment_id

Row = dict[str, Any]
KEPT_RECORD_BYTES = 64 * 1024
"""So much is kept of a record that cannot be replayed; an event that can be is kept whole."""

_SHARED = ("workspace", "delivery_id", "run", "config_version", "verdict", "outcome", "final", "reason")
_SHARED_MORE = ("partner_code", "http_status", "latency_ms", "next_attempt_at")


@dataclass(slots=True)
class Rows:
    """What a chunk of records adds."""

    dead_letters: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    deliveries: dict[tuple[str, str], Row] = field(default_factory=dict)
    unreadable: int = 0


def add_dead_letter(rows: Rows, value: bytes, partition: int, offset: int) -> None:
    """One record of `dead-letters`; one that cannot be read is counted."""
    try:
        letter = decode(DeadLetter, value)
    except UndecodableRecord:
        rows.unreadable += 1
        return
    rows.dead_letters.append(_fitted(KeptDeadLetter.__table__, _dead_letter(letter, partition, offset)))


def add_attempt(rows: Rows, value: bytes, partition: int, offset: int) -> None:
    """One record of `attempts`; a later attempt of a delivery says how it stands."""
    try:
        attempt = decode(Attempt, value)
    except UndecodableRecord:
        rows.unreadable += 1
        return
    attempt_id = moment_id(ATTEMPT, attempt.at, partition, offset)
    shared = {name: getattr(attempt, name) for name in (*_SHARED, *_SHARED_MORE)}
    shared["next_attempt_at"] = attempt.next_attempt_at and _aware(attempt.next_attempt_at)
    rows.attempts.append(_fitted(KeptAttempt.__table__, shared | _exchange(attempt, attempt_id)))
    row = _fitted(KeptDelivery.__table__, shared | _delivery(attempt, attempt_id))
    key = (row["workspace"], row["delivery_id"])
    earlier = rows.deliveries.get(key)
    if earlier is None or earlier["last_id"] < row["last_id"]:
        rows.deliveries[key] = row


def _dead_letter(letter: DeadLetter, partition: int, offset: int) -> Row:
    event = _event_of(letter)
    profile_id = letter.profile_id
    event_id = None if event is None else event.event_id
    replayable = event is not None and letter.connector_id is not None and letter.action_id is not None
    return {
        "id": moment_id(DEAD_LETTER, letter.at, partition, offset),
        # A record that cannot be read is nobody's; whoever runs the installation sees it.
        "workspace": letter.workspace or DEFAULT_WORKSPACE,
        "at": _aware(letter.at),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": letter.reason,
        "detail": letter.detail,
        "connector_id": letter.connector_id,
        "action_id": letter.action_id,
        "delivery_id": letter.delivery_id,
        "profile_id": profile_id,
        "profile_hash": profile_id and look_up_hash(profile_id),
        "event_id": event_id,
        "event_hash": event_id and look_up_hash(event_id),
        "change": None if event is None else event.change.value,
        "outcome": letter.outcome and letter.outcome.value,
        "partner_code": letter.partner_code,
        "run": letter.run,
        "appended_at": letter.appended_at or int(_aware(letter.at).timestamp() * 1000),
        "replayable": replayable,
        "job_number": None,
        "record_bytes": letter.record_bytes or len(letter.record),
        "record": letter.record if replayable else letter.record[:KEPT_RECORD_BYTES],
    }


def _event_of(letter: DeadLetter) -> ProfileEvent | None:
    if letter.delivery_id is None:
        return None
    try:
        return decode_event(letter.record)
    except UndecodableRecord:
        return None


def _exchange(attempt: Attempt, attempt_id: str) -> Row:
    return {
        "id": attempt_id,
        "at": _aware(attempt.at),
        "attempt": attempt.attempt,
        "rows": attempt.rows,
        "detail": attempt.detail,
        "request": attempt.request,
        "response": attempt.response,
    }


def _delivery(attempt: Attempt, attempt_id: str) -> Row:
    return {
        "last_id": attempt_id,
        "last_at": _aware(attempt.at),
        "profile_id": attempt.profile_id,
        "profile_hash": look_up_hash(attempt.profile_id),
        "event_id": attempt.event_id,
        "event_hash": attempt.event_id and look_up_hash(attempt.event_id),
        "connector_id": attempt.connector_id,
        "action_id": attempt.action_id,
        "change": attempt.change and attempt.change.value,
        "partition": attempt.source.partition,
        "offset": attempt.source.offset,
        "attempts": attempt.attempt,
    }


def _fitted(table: Any, row: Mapping[str, Any]) -> Row:
    return {column.name: _fit(column.type, row[column.name]) for column in _columns(table)}


def _columns(table: Table) -> Iterable[Any]:
    return table.columns


def _fit(type_: TypeEngine[Any], value: Any) -> Any:
    match value:
        case str() if isinstance(type_, Text):
            return _without_nul(value)
        case str() if isinstance(type_, String):
            return _without_nul(str(value)[: type_.length])
        case bool():
            return value
        case int() if isinstance(type_, BigInteger):
            return max(min(value, 2**63 - 1), -(2**63))
        case int() if isinstance(type_, Integer):
            return max(min(value, 2**31 - 1), -(2**31))
    return value


def _without_nul(text: str) -> str:
    # PostgreSQL refuses a NUL in any text, and one refused row would hold its partition up for ever.
    return str(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
