"""Follows one event or one profile through every stage that left a trace."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from control_plane.access.work import Work
from control_plane.database.models import KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.delivery import repository
from control_plane.delivery.schemas import Stage, Trace, TraceStep
from control_plane.delivery.service import show_all
from control_plane.errors import Fault, InvalidInput
from control_plane.following.moments import look_up_hash

MOST_TRACED = 200


async def trace(work: Work, *, event_id: str | None, profile_id: str | None) -> Trace:
    """What happened, in the order of time; raises `InvalidInput` unless exactly one of both is given."""
    column, text = _asked_for(event_id, profile_id)
    digest = look_up_hash(text)
    deliveries = await repository.traced_deliveries(work, column, digest, MOST_TRACED)
    letters = await repository.traced_letters(work, column, digest, MOST_TRACED)
    known = {row.delivery_id: row for row in deliveries}
    attempts = await repository.attempts_of(work, known, MOST_TRACED)
    errors = await repository.errors_of(work, letters)
    steps = [*_attempted(attempts, known), *_ended(errors), *_left(letters)]
    return Trace(
        steps=sorted(steps, key=lambda step: (step.at, list(Stage).index(step.stage))),
        deliveries=await show_all(work, deliveries),
        truncated=MOST_TRACED in (len(deliveries), len(letters), len(attempts)),
    )


def _asked_for(event_id: str | None, profile_id: str | None) -> tuple[str, str]:
    match event_id, profile_id:
        case str(), None:
            return "event_hash", event_id
        case None, str():
            return "profile_hash", profile_id
    fault = Fault(pointer="query:event_id", code="one_of", detail="Give either event_id or profile_id.")
    raise InvalidInput("Say which event or which profile to trace.", faults=(fault,))


def _attempted(attempts: Iterable[KeptAttempt], known: Mapping[str, KeptDelivery]) -> Iterator[TraceStep]:
    names = ("at", "id", "delivery_id", "run", "outcome", "reason", "partner_code", "http_status", "next_attempt_at")
    for row in attempts:
        delivery = known[row.delivery_id]
        told = {name: getattr(row, name) for name in names}
        yield TraceStep(**told, stage=Stage.ATTEMPTED, connector_id=delivery.connector_id, action_id=delivery.action_id)


def _ended(errors: Iterable[Mapping[str, Any]]) -> Iterator[TraceStep]:
    names = ("delivery_id", "connector_id", "action_id", "run", "http_status")
    for row in errors:
        yield TraceStep(
            **{name: row[name] for name in names},
            at=datetime.fromtimestamp(row["at"], UTC),
            stage=Stage.ENDED,
            outcome=row["class"],
            reason=row["reason"] or None,
            partner_code=row["partner_code"] or None,
        )


def _left(letters: Iterable[KeptDeadLetter]) -> Iterator[TraceStep]:
    names = (
        "at",
        "id",
        "delivery_id",
        "connector_id",
        "action_id",
        "run",
        "outcome",
        "reason",
        "partner_code",
        "detail",
    )
    for row in letters:
        stage = Stage.REFUSED if row.delivery_id is None else Stage.DEAD_LETTER
        yield TraceStep(**{name: getattr(row, name) for name in names}, stage=stage)
