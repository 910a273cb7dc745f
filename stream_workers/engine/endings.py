"""Writing down how deliveries end: the outcome, the dead letter, the sample for the explorer, the counters."""

from connectors.kit.classification import Classification
from connectors.kit.masking import SHOWN_CODE
from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import Attempt, DeadLetter, Outcome, OutcomeClass, Reason, SourcePosition
from connectors.records.profile_event import MembershipEvent
from stream_workers.core.delivering import End, Wait, outcome_class
from stream_workers.engine.delivery import Delivery
from stream_workers.engine.exchange import Exchange
from stream_workers.shell.clock import Clock, as_datetime
from stream_workers.shell.telemetry import Telemetry

SHOWN_DETAIL = 500
"""So much is kept of what the partner says of an exchange."""


class Endings:
    """The one place where outcomes are made."""

    def __init__(self, clock: Clock, telemetry: Telemetry, source_topic: str) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self._source_topic = source_topic

    def end(self, delivery: Delivery, end: End, exchange: Exchange | None = None) -> None:
        """The delivery ends: one outcome; an error leaves a dead letter too, and a membership a parked row.

        The row of a replay that is cancelled is parked again: its dead letter can still be replayed.
        """
        now = self._clock.now_ms()
        self._write_outcome(delivery, end, now, exchange)
        if end.outcome.is_error:
            self._write_dead_letter(delivery, end, now, exchange)
        partition = delivery.partition
        parks = end.outcome.is_error or (end.reason is Reason.CANCELLED and delivery.has_row)
        if parks and _is_newest(delivery) and isinstance(delivery.taken.event, MembershipEvent):
            partition.park(delivery, end.reason)
        else:
            partition.drop_row(delivery)
        partition.release(delivery)

    def skip(self, delivery: Delivery, reason: Reason) -> None:
        """Nothing is sent on purpose."""
        self.end(delivery, End(OutcomeClass.SKIPPED, reason))

    def attempted(
        self, delivery: Delivery, found: Classification, step: End | Wait, exchange: Exchange, rows: int
    ) -> None:
        """An exchange for the explorer."""
        outcome = step.outcome if isinstance(step, End) else step.outcome or outcome_class(found)
        taken = delivery.taken
        attempt = Attempt(
            v=SCHEMA_VERSION,
            workspace=delivery.connector.live.config.workspace,
            delivery_id=delivery.delivery_id,
            profile_id=taken.event.profile_id,
            connector_id=delivery.connector.id,
            action_id=delivery.action_id,
            config_version=delivery.connector.live.config.version,
            attempt=delivery.attempts,
            verdict=found.verdict.value,
            outcome=outcome,
            final=isinstance(step, End),
            at=as_datetime(exchange.at),
            source=SourcePosition(delivery.partition.number, taken.offset),
            run=delivery.run,
            event_id=taken.event.event_id,
            change=delivery.change,
            reason=found.reason,
            partner_code=_shown(found.partner_code, exchange, SHOWN_CODE),
            http_status=exchange.http_status,
            latency_ms=exchange.latency_ms,
            rows=rows,
            request=exchange.shown_request(),
            response=exchange.shown_answer(),
            next_attempt_at=as_datetime(step.due_at) if isinstance(step, Wait) else None,
            detail=_shown(found.detail, exchange, SHOWN_DETAIL),
        )
        delivery.partition.write_attempt(delivery.lane.encode(), encode(attempt))

    def _write_outcome(self, delivery: Delivery, end: End, now: int, exchange: Exchange | None) -> None:
        taken, live = delivery.taken, delivery.connector.live
        event = taken.event
        outcome = Outcome(
            v=SCHEMA_VERSION,
            workspace=event.workspace,
            delivery_id=delivery.delivery_id,
            profile_id=event.profile_id,
            connector_id=live.id,
            action_id=delivery.action_id,
            config_version=live.config.version,
            outcome=end.outcome,
            source=SourcePosition(delivery.partition.number, taken.offset),
            at=as_datetime(now),
            run=delivery.run,
            event_id=event.event_id,
            change=delivery.change,
            reason=end.reason,
            partner_code=_shown(end.partner_code, exchange, SHOWN_CODE),
            http_status=exchange.http_status if exchange else None,
            attempts=delivery.attempts,
            latency_ms=exchange.latency_ms if exchange else 0,
            end_to_end_ms=max(0, now - taken.appended_at),
        )
        delivery.partition.write_outcome(delivery.lane.encode(), outcome)
        self._telemetry.ended(live.config, delivery.action_id, outcome)

    def _write_dead_letter(self, delivery: Delivery, end: End, now: int, exchange: Exchange | None) -> None:
        taken = delivery.taken
        event = taken.event
        letter = DeadLetter(
            v=SCHEMA_VERSION,
            workspace=event.workspace,
            reason=end.reason or end.outcome.value,
            detail=_scrubbed(end.detail, exchange) or "",
            topic=self._source_topic,
            partition=delivery.partition.number,
            offset=taken.offset,
            at=as_datetime(now),
            delivery_id=delivery.delivery_id,
            profile_id=event.profile_id,
            connector_id=delivery.connector.id,
            action_id=delivery.action_id,
            run=delivery.run,
            outcome=end.outcome,
            partner_code=_shown(end.partner_code, exchange, SHOWN_CODE),
            record=taken.value,
            record_bytes=taken.size,
            appended_at=taken.appended_at,
        )
        delivery.partition.write_dead_letter(delivery.lane.encode(), encode(letter))
        self._telemetry.dead_letter(letter.reason)


def _is_newest(delivery: Delivery) -> bool:
    return not delivery.outdated and delivery.partition.rows.get(delivery.key(), delivery) is delivery


def _shown(given: str | None, exchange: Exchange | None, most: int) -> str | None:
    shown = _scrubbed(given, exchange)
    return shown[:most] if shown else None


def _scrubbed(text: str | None, exchange: Exchange | None) -> str | None:
    """What a partner has said, without our secrets."""
    return exchange.scrubbed(text) if text and exchange is not None else text
