"""Attempts: render, send after the last check, read the answer. What the answer leads to is settled elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from connectors.kit.classification import Classification, Verdict, classify_by_status, classify_transport_error
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings, PatchbayError
from connectors.kit.exchange import Answer, Call, NotSent, PartnerRequest, PartnerResponse, Sender, Told
from connectors.kit.gate import as_read_by
from connectors.records.delivery import OutcomeClass, Reason
from connectors.records.profile_event import ProfileEvent
from stream_workers.core.delivering import End
from stream_workers.core.identity import batch_id
from stream_workers.core.live_config import LiveAction
from stream_workers.engine.connector import Connector, Group
from stream_workers.engine.delivery import Delivery, Stage, Taken
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.exchange import Exchange
from stream_workers.engine.settling import Settling
from stream_workers.engine.surroundings import Surroundings
from stream_workers.engine.tokens import NoToken, Tokens
from stream_workers.shell.clock import as_datetime
from stream_workers.shell.scratch_file import ScratchUnreadable

NOT_SENT_WAIT_MS = 250
"""What could not be sent in the last moment looks again after this time."""


class Attempt:
    """A group in a slot, until its exchange has ended and is settled."""

    __slots__ = (
        "action",
        "attempts",
        "batch",
        "call",
        "connector",
        "group",
        "is_over",
        "request",
        "sendable",
        "started",
    )

    def __init__(self, attempts: Attempts, connector: Connector, group: Group) -> None:
        self.attempts = attempts
        self.connector = connector
        self.group = group
        self.sendable = group
        """The group without those that cannot be sent: they have ended before."""
        self.call: Call | asyncio.Task[None] | None = None
        self.action: LiveAction | None = None
        self.batch: Batch | None = None
        self.request: PartnerRequest | None = None
        self.started = 0.0
        self.is_over = False

    def still_wanted(self) -> bool:
        """The last check, in the step of the event loop in which the bytes leave."""
        connector, group = self.connector, self.sendable
        return (
            self.attempts.may_send()
            and connector.live.sends
            and _goes(connector, group[0])
            and (len(group) == 1 or all(_goes(connector, one) for one in group))
        )

    def told(self, told: Told) -> None:
        """The exchange has ended."""
        self.attempts.over(self, told)

    def cut(self) -> None:
        """It is over: no answer is waited for any more."""
        call, self.call = self.call, None
        self.is_over = True
        if call is not None:
            call.cancel()


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
        self.may_send = surroundings.may_send
        self._dispatcher = dispatcher
        self._settling = Settling(dispatcher, endings, surroundings)
        self._end = self._settling.end
        self._sender = sender
        self._tokens = tokens
        self._clock = surroundings.clock
        self._telemetry = surroundings.telemetry

    def begin(self, connector: Connector, group: Group) -> Attempt:
        """Attempt a group. Nothing escapes: what goes wrong is the end of the attempt and of its deliveries."""
        attempt = Attempt(self, connector, group)
        try:
            is_under_way = self._prepare(attempt)
        except Exception as error:  # noqa: BLE001  # the edge: Faust would take an error for success (design.md, law 1)
            self.over(attempt, error)
        else:
            if not is_under_way:
                self.over(attempt, None)
        return attempt

    def over(self, attempt: Attempt, told: Told | Classification | None) -> None:
        """Settle what was told of the exchange (of the access to it, or nothing) and free the slot."""
        if attempt.is_over:
            return
        attempt.is_over, attempt.call = True, None
        was_asked = False
        try:
            was_asked = told is not None and self._settle(attempt, told)
        except Exception as error:  # noqa: BLE001  # as above
            self._failed(attempt.group, error)
        finally:
            if not was_asked:
                attempt.connector.breaker.given_up()
            self._dispatcher.slots.ended(attempt)

    def _failed(self, group: Group, error: Exception) -> None:
        if isinstance(error, ScratchUnreadable):
            return  # nothing true can be written of these rows: the worker ends, and the next reads them from Kafka
        self._telemetry.internal_error("attempt", error)
        failed = End(OutcomeClass.OTHER_ERROR, Reason.INTERNAL_ERROR, detail=type(error).__name__)
        for delivery in group:
            if delivery.stage is not Stage.OVER:
                self._end(delivery, failed)

    # --- before the request: each step tells whether the attempt is under way ---

    def _prepare(self, attempt: Attempt) -> bool:
        connector = attempt.connector
        live = connector.live
        group = self._still_wanted(connector, attempt.group)
        action = connector.action(group[0]) if group else None
        if action is None or action.type is None or action.broken is not None or live.broken is not None:
            self._misconfigured(connector, action, group)
            return False
        rows, group = self._rows(connector, action, group)
        if not group:
            return False
        attempt.sendable, attempt.action = group, action
        attempt.batch = self._batch_of(connector, group, rows)
        assert live.type is not None
        if live.type.token is None or not live.type.token.needed(live.settings):
            return self._send(attempt)
        attempt.call = asyncio.get_running_loop().create_task(self._fetch_token(attempt, attempt.batch))
        return True

    async def _fetch_token(self, attempt: Attempt, batch: Batch) -> None:
        try:
            attempt.batch = replace(batch, access_token=await self._tokens.get(attempt.connector))
            if not self._send(attempt):
                self.over(attempt, None)
        except NoToken as refused:
            self.over(attempt, refused.classification)
        except Exception as error:  # noqa: BLE001  # as above
            self.over(attempt, error)

    def _send(self, attempt: Attempt) -> bool:
        connector = attempt.connector
        request = self._request(attempt)
        if request is None:
            return False
        attempt.request = request
        attempt.started = self._clock.monotonic()
        call = self._sender.begin(
            request,
            connector_id=connector.id,
            timeout_seconds=connector.live.limits.timeout_seconds,
            still_wanted=attempt.still_wanted,
            tell=attempt.told,
        )
        if not attempt.is_over:
            attempt.call = call
        return True

    def _still_wanted(self, connector: Connector, group: Group) -> Group:
        """The rows that may still be sent; those that may not end `skipped`."""
        if len(group) == 1 and not group[0].void and connector.is_wanted(group[0]):
            return group
        wanted: Group = []
        for delivery in group:
            if delivery.ticket is None and delivery.void:
                self._end(delivery, End(OutcomeClass.SKIPPED, Reason.SUPERSEDED))
            elif not connector.is_wanted(delivery):
                self._end(delivery, End(OutcomeClass.SKIPPED, Reason.DEACTIVATED))
            else:
                wanted.append(delivery)
        return wanted

    def _not_sent(self, connector: Connector, group: Group) -> None:
        """The last check failed in the moment of sending: each row ends, or takes its place in the queue again."""
        jobs: Group = []
        for delivery in self._still_wanted(connector, group):
            delivery.due_at = self._clock.now_ms() + NOT_SENT_WAIT_MS
            if delivery.ticket is not None:
                jobs.append(delivery)
            elif delivery.cancelled:
                self._end(delivery, End(OutcomeClass.SKIPPED, Reason.CANCELLED))
            elif delivery.partition.alive:
                self._dispatcher.again(delivery)
        if jobs:
            self._dispatcher.at(jobs[0].due_at, connector, jobs)

    def _rows(self, connector: Connector, action: LiveAction, group: Group) -> tuple[list[Row], Group]:
        rows: list[Row] = []
        sendable: Group = []
        for delivery in group:
            try:
                row, refusal = self._row(connector, action, delivery)
            except CannotRender as error:
                self._end(delivery, End(OutcomeClass.OTHER_ERROR, error.reason, detail=error.detail))
                continue
            if refusal is not None:
                self._end(delivery, End(OutcomeClass.SKIPPED, refusal))
            else:
                rows.append(row)
                sendable.append(delivery)
        return rows, sendable

    def _row(self, connector: Connector, action: LiveAction, delivery: Delivery) -> tuple[Row, Reason | None]:
        assert action.type is not None
        event = delivery.taken.event
        if connector.live.type is not None:
            event = as_read_by(event, connector.live.type.partner_type, connector.live.identifiers)
        mapped = _mapped(connector, action, delivery.taken, event)
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

    def _batch_of(self, connector: Connector, group: Group, rows: list[Row]) -> Batch:
        first = group[0]
        return Batch(
            tuple(rows),
            first.change,
            as_datetime(self._clock.now_ms()),
            first.batch or (batch_id([row.delivery_id for row in rows]) if len(rows) > 1 else first.delivery_id),
            ticket=first.ticket,
            identifiers=connector.live.identifiers,
        )

    def _request(self, attempt: Attempt) -> PartnerRequest | None:
        """What to send; `None` when it cannot be rendered: then the rows have ended, or go apart."""
        action, batch = attempt.action, attempt.batch
        assert action is not None
        assert action.type is not None
        assert batch is not None
        type_ = action.type
        render = type_.continue_ if batch.ticket is not None and type_.continue_ else type_.render
        try:
            return render(attempt.connector.live.settings, action.fields, batch)
        except PatchbayError as error:
            self._cannot_render(attempt.sendable, error)
            return None

    def _misconfigured(self, connector: Connector, action: LiveAction | None, group: Group) -> None:
        broken = connector.live.broken or (action and action.broken)
        detail = broken.detail if broken else "The action is not configured."
        for delivery in group:
            self._end(delivery, End(OutcomeClass.OTHER_ERROR, Reason.MISCONFIGURED, detail=detail))

    def _cannot_render(self, group: Group, error: PatchbayError) -> None:
        if len(group) > 1:
            self._settling.split(group)
            return
        reason = Reason.MISCONFIGURED if isinstance(error, InvalidSettings) else error.reason
        self._end(group[0], End(OutcomeClass.OTHER_ERROR, reason, detail=error.detail))

    # --- after the exchange ---

    def _settle(self, attempt: Attempt, told: Told | Classification) -> bool:
        """True when the partner, or the token's issuer, was asked."""
        connector, group = attempt.connector, attempt.sendable
        if isinstance(told, Exception):
            raise told
        if isinstance(told, NotSent):
            self._not_sent(connector, group)
            return False
        if isinstance(told, Classification):
            exchange = Exchange(None, None, self._clock.now_ms(), 0, connector.masker)
            self._settling.conclude(connector, group, (told,) * len(group), exchange)
            return True
        seconds = self._clock.monotonic() - attempt.started
        found = self._classify(attempt, told)
        verdict = found[0].verdict
        self._telemetry.attempted(connector.live.config, verdict, seconds)
        if verdict is Verdict.UNAUTHORIZED and self._may_need_another_token(attempt):
            if connector.breaker.succeeded():
                self._telemetry.breaker_closed(connector.live.config)
            self._dispatcher.requeue(connector, group)
        else:
            exchange = Exchange(attempt.request, told, self._clock.now_ms(), int(seconds * 1000), connector.masker)
            self._settling.conclude(connector, group, found, exchange)
        return True

    def _may_need_another_token(self, attempt: Attempt) -> bool:
        used = attempt.batch.access_token if attempt.batch is not None else None
        return used is not None and self._tokens.refused(attempt.connector, used)

    def _classify(self, attempt: Attempt, answer: Answer) -> tuple[Classification, ...]:
        count = len(attempt.sendable)
        if not isinstance(answer, PartnerResponse):
            return (classify_transport_error(answer),) * count
        action, batch, connector_type = attempt.action, attempt.batch, attempt.connector.live.type
        assert action is not None
        assert action.type is not None
        assert batch is not None
        assert connector_type is not None
        classify = action.type.classify or connector_type.classify
        if classify is None:
            return (classify_by_status(answer, batch.now),) * count
        classifications = classify(answer, batch)
        if len(classifications) != count:
            raise ValueError(f"{connector_type.key} classified {len(classifications)} of {count} rows")
        return classifications


def _mapped(connector: Connector, action: LiveAction, taken: Taken, event: ProfileEvent) -> Any:
    """The action's fields for the event. Mappings of one kind share what the first has made of it."""
    mapping = action.mapping
    if mapping is None:
        return {}
    if taken.mapped is not None and taken.mapped[0] == mapping.kind and event is taken.decoded:
        return taken.mapped[1]
    mapped = mapping.render(event, connector.live.plain_settings)
    if taken.open > 1 and mapping.kind is not None and event is taken.decoded:
        taken.mapped = (mapping.kind, mapped)
    return mapped


def _goes(connector: Connector, delivery: Delivery) -> bool:
    """A job that the partner has begun is asked about whatever has come since."""
    may_go = delivery.ticket is not None or not delivery.void
    return may_go and delivery.partition.alive and connector.is_wanted(delivery)
