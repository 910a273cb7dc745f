"""Follows one event, profile or delivery through every stage that left a trace."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from control_plane.access.work import Work
from control_plane.database.models import KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.delivery import repository
from control_plane.delivery.recent_steps import recent_steps
from control_plane.delivery.schemas import Stage, Trace, TraceStep
from control_plane.delivery.service import show_all
from control_plane.errors import Fault, InvalidInput
from control_plane.following.moments import look_up_hash

MOST_TRACED = 200


@dataclass(frozen=True, slots=True)
class Traced:
    """What is asked about; exactly one of these is given."""

    event_id: str | None = None
    profile_id: str | None = None
    delivery_id: str | None = None

    def fits(self, event_id: str | None, profile_id: str, delivery_id: str | None) -> bool:
        """Whether a record with these ids is about it."""
        given = {"event_id": event_id, "profile_id": profile_id, "delivery_id": delivery_id}
        return any(getattr(self, name) == value for name, value in given.items() if value is not None)

    def column(self) -> tuple[str, str]:
        """The column of deliveries and dead letters, and its value; raises `InvalidInput`."""
        given = [(name, text) for name in _COLUMNS if (text := getattr(self, name)) is not None]
        if len(given) != 1:
            fault = Fault(
                pointer="query:event_id", code="one_of", detail="Give one of event_id, profile_id and delivery_id."
            )
            raise InvalidInput("Say which event, profile or delivery to trace.", faults=(fault,))
        name, text = given[0]
        return _COLUMNS[name], text if name == "delivery_id" else look_up_hash(text)


_COLUMNS = {"event_id": "event_hash", "profile_id": "profile_hash", "delivery_id": "delivery_id"}


async def trace(work: Work, wanted: Traced) -> Trace:
    """What happened, in the order of time; raises `InvalidInput` unless one thing is asked for."""
    column, value = wanted.column()
    deliveries = await repository.traced_deliveries(work, column, value, MOST_TRACED)
    letters = await repository.traced_letters(work, column, value, MOST_TRACED)
    known = {row.delivery_id: row for row in deliveries}
    attempts = await repository.attempts_of(work, known, MOST_TRACED)
    ended = [*_ended(await repository.errors_of(work, letters))]
    recent = await recent_steps(work, wanted.fits)
    told = {(step.delivery_id, step.run) for step in ended}
    untold = (step for step in recent or () if (step.delivery_id, step.run) not in told)
    fresh = sorted(untold, key=lambda step: step.at)[-MOST_TRACED:]
    steps = [*fresh, *_attempted(attempts, known), *ended, *_left(letters)]
    return Trace(
        steps=_in_order(steps),
        deliveries=await show_all(work, deliveries),
        truncated=MOST_TRACED in (len(deliveries), len(letters), len(attempts), len(fresh)),
        recent_too=recent is not None,
    )


def _in_order(steps: Sequence[TraceStep]) -> list[TraceStep]:
    """By time; clocks of workers and Kafka differ a little, but nothing ends before its last attempt."""
    stages, last = list(Stage), dict[tuple[str | None, int], datetime]()
    for step in steps:
        if step.stage is Stage.ATTEMPTED:
            last[step.delivery_id, step.run] = max(step.at, last.get((step.delivery_id, step.run), step.at))

    def place(step: TraceStep) -> tuple[datetime, int]:
        is_end = step.stage in (Stage.ENDED, Stage.DEAD_LETTER)
        at = max(step.at, last.get((step.delivery_id, step.run), step.at)) if is_end else step.at
        return at, stages.index(step.stage)

    return sorted(steps, key=place)


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
