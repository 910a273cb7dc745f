"""What the newest records on Kafka tell of something that is traced: that it arrived, and how its deliveries ended."""

from collections.abc import Callable, Iterable, Iterator

from connectors.records.delivery import Outcome
from control_plane.access.work import Work
from control_plane.delivery.schemas import Stage, TraceStep
from control_plane.sample.recent_events import Sample
from control_plane.sample.topic_tail import TopicUnreadable

Fits = Callable[[str | None, str, str | None], bool]
"""Whether an event id, a profile id and a delivery id are of what is traced."""


async def recent_steps(work: Work, fits: Fits) -> list[TraceStep] | None:
    """Stages of the last few thousand records; `None` when Kafka does not answer."""
    try:
        events = (await work.parts.events.newest()).samples
        outcomes = await work.parts.outcomes.newest()
    except TopicUnreadable:
        return None
    return [*_received(work, events, fits), *_ended(work, outcomes, fits)]


def _received(work: Work, samples: Iterable[Sample], fits: Fits) -> Iterator[TraceStep]:
    for sample in samples:
        event = sample.event
        if event.workspace == work.workspace and fits(event.event_id, event.profile_id, None):
            yield TraceStep(
                at=sample.at,
                stage=Stage.RECEIVED,
                detail=f"{event.change.value}, partition {sample.partition}, offset {sample.offset}",
            )


def _ended(work: Work, outcomes: Iterable[Outcome], fits: Fits) -> Iterator[TraceStep]:
    for outcome in outcomes:
        if outcome.workspace == work.workspace and fits(outcome.event_id, outcome.profile_id, outcome.delivery_id):
            yield TraceStep(
                at=outcome.at,
                stage=Stage.ENDED,
                delivery_id=outcome.delivery_id,
                connector_id=outcome.connector_id,
                action_id=outcome.action_id,
                run=outcome.run,
                outcome=outcome.outcome.value,
                reason=outcome.reason,
                partner_code=outcome.partner_code,
                http_status=outcome.http_status,
            )
