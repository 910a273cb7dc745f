"""One attempt: render, send after the last check, classify, and decide what happens to each row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from connectors.kit.classification import (
    ACCEPTED,
    Classification,
    Verdict,
    classify_by_status,
    classify_transport_error,
)
from connectors.kit.declaration import ActionType, Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings, PatchbayError
from connectors.kit.exchange import Answer, NotSent, PartnerRequest, PartnerResponse, Sender
from connectors.kit.gate import as_read_by
from connectors.records.delivery import OutcomeClass, Reason
from stream_workers.core.delivering import End, NextStep, Progress, RetryPolicy, Wait, accepted, next_step
from stream_workers.core.identity import batch_id
from stream_workers.core.live_config import LiveAction
from stream_workers.engine.connector import CREDENTIAL_PROBE_SECONDS, Connector, Group
from stream_workers.engine.delivery import JOB, Delivery, Stage
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.exchange import Exchange
from stream_workers.engine.tokens import NoToken, Tokens
from stream_workers.shell.clock import Clock, as_datetime
from stream_workers.shell.telemetry import Telemetry


class Attempts:
    """Performs attempts for the dispatcher's slots. `may_send` is the worker's part of the last check."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        endings: Endings,
        sender: Sender,
        tokens: Tokens,
        surroundings: Surroundings,
    ) -> None:
        self._dispatcher = dispatcher
        self._endings = endings
        self._sender = sender
        self._tokens = tokens
        self._clock = surroundings.clock
        self._telemetry = surroundings.telemetry
        self._policy = surroundings.policy
        self._jitter = surroundings.jitter
        self._may_send = surroundings.may_send

    async def __call__(self, connector: Connector, group: Group) -> None:
        """Attempt a group; nothing escapes but cancellation."""
        sent = False
        try:
            sent = await self._attempt(connector, group)
        except Exception as error:  # noqa: BLE001  # the edge: Faust would take an error for success (design.md, law 1)
            self._telemetry.internal_error("attempt", error)
            failed = End(OutcomeClass.OTHER_ERROR, Reason.INTERNAL_ERROR, detail=type(error).__name__)
            for delivery in group:
                if delivery.stage is not Stage.OVER:
                    self._end(delivery, failed, None)
        if not sent:
            connector.breaker.given_up()

    async def _attempt(self, connector: Connector, group: Group) -> bool:
        """True when the partner, or the token's issuer, was asked."""
        group = self._still_wanted(connector, group)
        action = connector.action(group[0]) if group else None
        if action is None or action.type is None or action.broken is not None or connector.live.broken is not None:
            self._misconfigured(connector, action, group)
            return False
        rows, group = self._rows(connector, action, group)
        if not group:
            return False
        batch = self._batch_of(connector, action, group, rows)
        assert connector.live.type is not None
        flow = connector.live.type.token
        if flow is not None and flow.needed(connector.live.settings):
            access = await self._access(connector)
            if isinstance(access, Classification):
                exchange = Exchange(None, None, self._now(), 0, connector.masker)
                self._conclude(connector, group, (access,) * len(group), exchange)
                return True
            batch = replace(batch, access_token=access)
        request = self._request(connector, action, group, batch)
        if request is None:
            return False
        started = self._clock.monotonic()
        answer = await self._sender.send(
            request,
            connector_id=connector.id,
            timeout_seconds=connector.live.limits.timeout_seconds,
            still_wanted=self._last_check(connector, group),
        )
        if isinstance(answer, NotSent):
            self._not_sent(connector, group)
            return False
        seconds = self._clock.monotonic() - started
        classifications = self._classify(connector, action.type, batch, answer)
        self._telemetry.attempted(connector.live.config, classifications[0].verdict, seconds)
        refused = batch.access_token if classifications[0].verdict is Verdict.UNAUTHORIZED else None
        if refused is not None and self._tokens.refused(connector, refused):
            self._dispatcher.requeue(connector, group)
        else:
            exchange = Exchange(request, answer, self._now(), int(seconds * 1000), connector.masker)
            self._conclude(connector, group, classifications, exchange)
        return True

    # --- before the request ---

    def _last_check(self, connector: Connector, group: Group) -> Callable[[], bool]:
        may_send, first = self._may_send, group[0]

        def still_wanted() -> bool:
            return (
                may_send()
                and connector.live.sends
                and _goes(connector, first)
                and (len(group) == 1 or all(_goes(connector, one) for one in group))
            )

        return still_wanted

    def _still_wanted(self, connector: Connector, group: Group) -> Group:
        """The rows that may still be sent; those that may not end `skipped`."""
        if len(group) == 1 and not group[0].void and connector.is_wanted(group[0]):
            return group
        wanted: Group = []
        for delivery in group:
            if delivery.ticket is None and delivery.void:
                self._end(delivery, End(OutcomeClass.SKIPPED, Reason.SUPERSEDED), None)
            elif not connector.is_wanted(delivery):
                self._end(delivery, End(OutcomeClass.SKIPPED, Reason.DEACTIVATED), None)
            else:
                wanted.append(delivery)
        return wanted

    def _not_sent(self, connector: Connector, group: Group) -> None:
        """The last check failed in the moment of sending: each row ends, or takes its place in the queue again."""
        for delivery in self._still_wanted(connector, group):
            if delivery.cancelled:
                self._end(delivery, End(OutcomeClass.SKIPPED, Reason.CANCELLED), None)
            elif delivery.partition.alive:
                delivery.due_at = self._now() + 250
                self._dispatcher.again(delivery)

    def _rows(self, connector: Connector, action: LiveAction, group: Group) -> tuple[list[Row], Group]:
        rows: list[Row] = []
        sendable: Group = []
        for delivery in group:
            try:
                row, refusal = self._row(connector, action, delivery)
            except CannotRender as error:
                self._end(delivery, End(OutcomeClass.OTHER_ERROR, error.reason, detail=error.detail), None)
                continue
            if refusal is not None:
                self._end(delivery, End(OutcomeClass.SKIPPED, refusal), None)
            else:
                rows.append(row)
                sendable.append(delivery)
        return rows, sendable

    def _row(self, connector: Connector, action: LiveAction, delivery: Delivery) -> tuple[Row, Reason | None]:
        assert action.type is not None
        event = delivery.taken.event
        if connector.live.type is not None:
            event = as_read_by(event, connector.live.type.partner_type, connector.live.identifiers)
        mapped = action.mapping.render(event, connector.live.plain_settings) if action.mapping is not None else {}
        row = Row(
            delivery.delivery_id,
            event.profile_id,
            delivery.change,
            event.occurred_at,
            event.identifiers,
            mapped,
            event.event_id,
            delivery.ticket,
        )
        refuse = action.type.refuse
        return row, refuse(connector.live.settings, action.fields, row) if refuse is not None else None

    def _batch_of(self, connector: Connector, action: LiveAction, group: Group, rows: list[Row]) -> Batch:
        first = group[0]
        return Batch(
            tuple(rows),
            first.change,
            self._moment(),
            first.batch or (batch_id(row.delivery_id for row in rows) if len(rows) > 1 else first.delivery_id),
            ticket=first.ticket,
            identifiers=connector.live.identifiers,
        )

    def _request(self, connector: Connector, action: LiveAction, group: Group, batch: Batch) -> PartnerRequest | None:
        """What to send; `None` when it cannot be rendered: then the rows have ended, or go apart."""
        assert action.type is not None
        render = action.type.continue_ if batch.ticket is not None and action.type.continue_ else action.type.render
        try:
            return render(connector.live.settings, action.fields, batch)
        except PatchbayError as error:
            self._cannot_render(group, error)
            return None

    async def _access(self, connector: Connector) -> str | Classification:
        try:
            return await self._tokens.get(connector)
        except NoToken as refused:
            return refused.classification

    def _misconfigured(self, connector: Connector, action: LiveAction | None, group: Group) -> None:
        broken = connector.live.broken or (action and action.broken)
        detail = broken.detail if broken else "The action is not configured."
        for delivery in group:
            self._end(delivery, End(OutcomeClass.OTHER_ERROR, Reason.MISCONFIGURED, detail=detail), None)

    def _cannot_render(self, group: Group, error: PatchbayError) -> None:
        if len(group) > 1:
            self._split(group)
            return
        reason = Reason.MISCONFIGURED if isinstance(error, InvalidSettings) else error.reason
        self._end(group[0], End(OutcomeClass.OTHER_ERROR, reason, detail=error.detail), None)

    # --- after the answer ---

    def _classify(
        self, connector: Connector, type_: ActionType, batch: Batch, answer: Answer
    ) -> tuple[Classification, ...]:
        count = len(batch.rows)
        if not isinstance(answer, PartnerResponse):
            return (classify_transport_error(answer),) * count
        assert connector.live.type is not None
        classify = type_.classify or connector.live.type.classify
        if classify is None:
            return (classify_by_status(answer, batch.now),) * count
        classifications = classify(answer, batch)
        if len(classifications) != count:
            raise ValueError(f"{connector.live.type.key} classified {len(classifications)} of {count} rows")
        return classifications

    def _conclude(
        self, connector: Connector, group: Group, found: tuple[Classification, ...], exchange: Exchange
    ) -> None:
        self._judge(connector, found[0])
        if len(group) == 1:
            if self._settle(connector, group[0], found[0], exchange, 1):
                self._dispatcher.at(group[0].due_at, connector, group)
            return
        if any(one.verdict is Verdict.SPLIT for one in found):
            self._split(group)
        else:
            self._conclude_batch(connector, group, found, exchange)

    def _conclude_batch(
        self, connector: Connector, group: Group, found: tuple[Classification, ...], exchange: Exchange
    ) -> None:
        if any(one.verdict is Verdict.ACCEPTED_LATER for one in found):
            job = group[0].batch or batch_id(delivery.delivery_id for delivery in group)
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
        if isinstance(step, Wait) and step.ticket is None and (delivery.outdated or delivery.cancelled):
            step = End(OutcomeClass.SKIPPED, Reason.SUPERSEDED if delivery.outdated else Reason.CANCELLED)
        if isinstance(step, Wait) or step.outcome.is_error or delivery.run or self._telemetry.samples():
            self._endings.attempted(delivery, found, step, exchange, rows)
        if isinstance(step, End):
            self._end(delivery, step, exchange)
            return False
        delivery.due_at = step.due_at
        ticket = step.ticket
        if ticket is None and exchange.http_status is None:
            ticket = delivery.ticket  # the partner was asked about a job and did not answer: the job is still there
        if ticket is not None:
            self._await_job(delivery, ticket)
            return True
        self._telemetry.retried(connector.live.config, found.verdict)
        delivery.ticket = delivery.batch = None
        self._dispatcher.spill(delivery)
        delivery.partition.put_row(delivery)
        self._dispatcher.again(delivery)
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
            delivery.row_key = delivery.key() + JOB
        delivery.ticket = ticket
        partition.put_row(delivery)

    def _split(self, group: Group) -> None:
        half = len(group) // 2
        connector = group[0].connector
        self._dispatcher.requeue(connector, group[half:])
        self._dispatcher.requeue(connector, group[:half])

    def _end(self, delivery: Delivery, end: End, exchange: Exchange | None) -> None:
        if not delivery.partition.closed:
            self._endings.end(delivery, end, exchange)
        self._dispatcher.over(delivery)

    def _judge(self, connector: Connector, found: Classification) -> None:
        """What the answer says of the partner as a whole: breaker, throttle, credentials."""
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

    def _now(self) -> int:
        return self._clock.now_ms()

    def _moment(self) -> datetime:
        return as_datetime(self._clock.now_ms())


def _goes(connector: Connector, delivery: Delivery) -> bool:
    return delivery.partition.alive and not delivery.void and connector.is_wanted(delivery)


class Surroundings:
    """What attempts take from the worker: time, chance, policy, telemetry, and whether it may send at all."""

    def __init__(
        self,
        clock: Clock,
        telemetry: Telemetry,
        policy: RetryPolicy,
        jitter: Callable[[], float],
        may_send: Callable[[], bool],
    ) -> None:
        self.clock = clock
        self.telemetry = telemetry
        self.policy = policy
        self.jitter = jitter
        self.may_send = may_send
