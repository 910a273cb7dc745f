"""What an answer leads to: the partner as a whole is judged, and each row of the request ends or waits."""

from connectors.kit.classification import ACCEPTED, Classification, Verdict
from connectors.records.delivery import OutcomeClass
from stream_workers.core.delivering import End, NextStep, Progress, Wait, accepted, next_step
from stream_workers.core.identity import batch_id
from stream_workers.engine.connector import CREDENTIAL_PROBE_SECONDS, Connector, Group
from stream_workers.engine.delivery import Delivery
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.exchange import Exchange
from stream_workers.engine.surroundings import Surroundings


class Settling:
    """Runs in the event loop and never awaits, so that no state is seen half done."""

    def __init__(self, dispatcher: Dispatcher, endings: Endings, surroundings: Surroundings) -> None:
        self._dispatcher = dispatcher
        self._endings = endings
        self._clock = surroundings.clock
        self._telemetry = surroundings.telemetry
        self._policy = surroundings.policy
        self._jitter = surroundings.jitter

    def conclude(
        self, connector: Connector, group: Group, found: tuple[Classification, ...], exchange: Exchange
    ) -> None:
        """One classification for each row of the group."""
        self._judge(connector, found[0])
        if len(group) == 1:
            if self._settle(connector, group[0], found[0], exchange, 1):
                self._dispatcher.at(group[0].due_at, connector, group)
            return
        if any(one.verdict is Verdict.SPLIT for one in found):
            self.split(group)
        else:
            self._conclude_batch(connector, group, found, exchange)

    def _conclude_batch(
        self, connector: Connector, group: Group, found: tuple[Classification, ...], exchange: Exchange
    ) -> None:
        if any(one.verdict is Verdict.ACCEPTED_LATER for one in found):
            job = group[0].batch or batch_id([delivery.delivery_id for delivery in group])
            for delivery in group:
                delivery.batch = job
        rows = len(group)
        settled = zip(group, found, strict=True)
        later = [delivery for delivery, one in settled if self._settle(connector, delivery, one, exchange, rows)]
        if later:
            self._dispatcher.at(later[0].due_at, connector, later)

    def _settle(
        self, connector: Connector, delivery: Delivery, found: Classification, exchange: Exchange, rows: int
    ) -> bool:
        """Decide for one row; true when it waits for the partner's job."""
        if delivery.partition.closed:
            return False
        delivery.attempts += 1
        now = exchange.at
        if not delivery.first_at:
            delivery.first_at = now - exchange.latency_ms
        step = self._next_step(connector, delivery, found, now)
        is_kept = isinstance(step, Wait) or step.outcome.is_error or exchange.says(found.detail)
        ticket = None
        if isinstance(step, Wait):
            ticket = _ticket(delivery, step, exchange)
            reason = connector.stop_reason(delivery, ticket)
            if reason is not None:
                step = End(OutcomeClass.SKIPPED, reason)
        if is_kept or delivery.run or self._telemetry.samples():
            self._endings.attempted(delivery, found, step, exchange, rows)
        if isinstance(step, End):
            self.end(delivery, step, exchange)
            return False
        delivery.due_at = step.due_at
        if ticket is not None:
            self._await_job(delivery, ticket)
            return True
        self._telemetry.retried(connector.live.config, found.verdict)
        self._begin_anew(delivery)
        return False

    def _next_step(self, connector: Connector, delivery: Delivery, found: Classification, now: int) -> NextStep:
        if found is ACCEPTED:
            return accepted(delivery.change)
        since = max(delivery.first_at, connector.live.config.resumed_at or 0)
        progress = Progress(delivery.change, delivery.attempts, since, now, connector.refused)
        return next_step(found, progress, self._policy, self._jitter())

    def _await_job(self, delivery: Delivery, ticket: str) -> None:
        """The partner works on it: the row keeps the ticket, under a key of its own: so newer changes have theirs."""
        partition = delivery.partition
        if delivery.ticket is None:
            partition.drop_row(delivery)
        delivery.ticket = ticket
        partition.put_row(delivery)

    def _begin_anew(self, delivery: Delivery) -> None:
        """Without the job, if there was one: the row waits under its own key."""
        delivery.partition.leave_job(delivery)
        self._dispatcher.spill(delivery)
        delivery.partition.put_row(delivery)
        self._dispatcher.again(delivery)

    def split(self, group: Group) -> None:
        """In halves, to find the row that the whole was refused for."""
        half = len(group) // 2
        connector = group[0].connector
        self._dispatcher.requeue(connector, group[half:])
        self._dispatcher.requeue(connector, group[:half])

    def end(self, delivery: Delivery, end: End, exchange: Exchange | None = None) -> None:
        """The delivery has its outcome, and the next of its profile may go."""
        if not delivery.partition.closed:
            self._endings.end(delivery, end, exchange)
        self._dispatcher.over(delivery)

    def _judge(self, connector: Connector, found: Classification) -> None:
        """What the answer says of the partner as a whole: breaker, throttle, credentials."""
        if found.verdict is not Verdict.TRY_AGAIN:
            connector.served += 1
        if found is ACCEPTED and connector.is_calm:
            return
        now = self._clock.monotonic()
        if found.verdict is Verdict.TRY_AGAIN:
            if connector.breaker.failed(now):
                self._telemetry.breaker_opened(connector.live.config, found.reason)
        elif connector.breaker.succeeded():
            self._telemetry.breaker_closed(connector.live.config)
        if found.verdict is Verdict.THROTTLED:
            connector.hold_until = max(connector.hold_until, now + (found.retry_after or 1.0))
        self._judge_credentials(connector, found, now)

    def _judge_credentials(self, connector: Connector, found: Classification, now: float) -> None:
        was_refused = connector.refused
        if found.verdict is Verdict.UNAUTHORIZED:
            connector.refusals += 1
            if connector.refused:
                connector.probe_at = now + CREDENTIAL_PROBE_SECONDS
        elif found.verdict is not Verdict.TRY_AGAIN:
            connector.refusals, connector.probe_at = 0, 0.0
        if connector.refused and not was_refused:
            self._telemetry.credentials_refused(connector.live.config)
        elif was_refused and not connector.refused:
            self._telemetry.credentials_accepted(connector.live.config)


def _ticket(delivery: Delivery, step: Wait, exchange: Exchange) -> str | None:
    """The job that the row goes on with, if any: when the partner did not answer what was asked, it is still there."""
    unanswered = step.ticket is None and exchange.http_status is None
    return delivery.ticket if unanswered and delivery.connector.goes_on(delivery) else step.ticket
