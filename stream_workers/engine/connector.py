"""A connector at work: its lanes, its queue, its slots, and everything that isolates it from the others."""

from __future__ import annotations

from collections import deque
from typing import Final

from connectors.kit.masking import Masker
from connectors.records.delivery import Reason
from stream_workers.core.breaker import Breaker, BreakerPolicy, BreakerState
from stream_workers.core.live_config import LiveAction, LiveConnector
from stream_workers.core.rate_limit import RateLimit
from stream_workers.engine.delivery import Delivery, Stage
from stream_workers.engine.lane import Lanes

REFUSALS_BEFORE_PAUSE: Final = 3
CREDENTIAL_PROBE_SECONDS = 60.0
FIRST_RATE = 10_000.0
RATE_DECAY = 0.9
TICKS_PER_SECOND = 10
READY_TO_SPARE = 1_000

Group = list[Delivery]
"""The rows of one request: a single delivery, or a batch of one action and one kind of change."""


class Connector:
    """What the engine knows of one connector; all times are monotonic seconds."""

    def __init__(self, live: LiveConnector, slots: int, policy: BreakerPolicy) -> None:
        self.live = live
        self.lanes = Lanes()
        self.ready: deque[Delivery | Group] = deque()
        self.breaker = Breaker(policy)
        self.in_flight = 0
        self.attempting = 0
        self.wake_at = 0.0
        self.hold_until = 0.0
        self.probe_at = 0.0
        """While the credentials are refused: when the next probe may go."""
        self.refusals = 0
        self.served = 0
        self.rate = FIRST_RATE
        """Deliveries a second that the partner takes, as last seen while something waited for it."""
        self.queue_limit = int(FIRST_RATE)
        self.volatile = 0
        self._slots = slots
        self._served_before = 0
        self._idle_ticks = 0
        self._requests: RateLimit | None = None
        self._rows: RateLimit | None = None
        self._share = 1.0
        self.limit = 1
        self.masker = Masker(live.secrets)
        self.configure(live)

    @property
    def id(self) -> str:
        """The connector's id."""
        return self.live.id

    def configure(self, live: LiveConnector, share: float | None = None) -> None:
        """A new config version; `share` is this worker's part of the connector's rates (1 / live workers)."""
        limits, before = live.limits, self.live.limits
        changed = share is not None and share != self._share
        self._share = share if share is not None else self._share
        self.limit = min(limits.max_in_flight or self._slots, self._slots)
        self.queue_limit = max(self.queue_limit, 4 * self.limit)
        if changed or limits != before or self._requests is None:
            self._requests = _rate(limits.requests_per_second, self._share)
        if changed or limits != before or self._rows is None:
            self._rows = _rate(limits.rows_per_second, self._share)
        if live.config.secrets != self.live.config.secrets or live.plain_settings != self.live.plain_settings:
            self.refusals = 0
            self.hold_until = self.probe_at = 0.0
        if live.secrets != self.live.secrets:
            self.masker = Masker(live.secrets)
        self.live = live

    @property
    def refused(self) -> bool:
        """The partner refused the credentials several times in a row: only probes are sent."""
        return self.refusals >= REFUSALS_BEFORE_PAUSE

    @property
    def is_calm(self) -> bool:
        """True while nothing has failed lately: another accepted answer changes nothing."""
        return self.refusals == 0 and self.breaker.is_calm

    def action(self, delivery: Delivery) -> LiveAction | None:
        """The delivery's action as it is configured now."""
        return self.live.actions.get(delivery.action_id)

    def goes_on(self, delivery: Delivery) -> bool:
        """True while the partner has a job of the delivery that may be gone on with although an answer is missing."""
        if delivery.ticket is None:
            return False
        action = self.action(delivery)
        return action is None or action.type is None or action.type.goes_on(delivery.ticket)

    def is_wanted(self, delivery: Delivery) -> bool:
        """True while the current config still says that this delivery may be sent: active, under the same count."""
        action = self.live.actions.get(delivery.action_id)
        return (
            action is not None
            and action.active
            and self.live.config.active
            and delivery.activation == (self.live.config.activation, action.activation)
        )

    def stop_reason(self, delivery: Delivery, ticket: str | None) -> Reason | None:
        """Why nothing more is asked for the delivery; a job of the partner (`ticket`) goes on while it is wanted."""
        if not self.is_wanted(delivery):
            return Reason.DEACTIVATED
        if ticket is not None:
            return None
        if delivery.outdated:
            return Reason.SUPERSEDED
        return Reason.CANCELLED if delivery.cancelled else None

    def wait(self, now: float) -> float | None:
        """Seconds until a request may start; 0 when it may start now, `None` when only something new can help."""
        if not self.live.sends or not self.ready:
            return None
        held = max(self.hold_until, self.probe_at)
        if now < held:
            return held - now
        if self.breaker.state is not BreakerState.CLOSED and not self.breaker.allows(now):
            return max(self.breaker.retry_at - now, 0.05) if self.breaker.state is BreakerState.OPEN else None
        if self.attempting > 0 and self.refused:
            return None
        wait = self._requests.wait(now) if self._requests is not None else 0.0
        if self._rows is not None:
            wait = max(wait, self._rows.wait(now, rows_of(self.ready[0])))
        return wait

    def begin(self, now: float) -> Group:
        """Take the next group for an attempt."""
        first = self.ready.popleft()
        group = [first] if isinstance(first, Delivery) else first
        if self.breaker.state is not BreakerState.CLOSED:
            self.breaker.started()
        self.attempting += 1
        if self._requests is not None:
            self._requests.take(now)
        if self._rows is not None:
            self._rows.take(now, len(group))
        return group

    def is_blocked(self, now: float) -> bool:
        """True when what arrives now cannot go within about a second: it becomes pending at once."""
        return (
            not self.live.sends
            or self.refused
            or self.breaker.state is not BreakerState.CLOSED
            or self.hold_until > now
            or len(self.ready) > self.queue_limit
        )

    def tick(self) -> None:
        """Ten times a second: the queue may be as long as what the partner takes in about a second.

        Nothing leaves the queue of a connector that is paused: what newer changes have replaced is let go of here.
        """
        served = self.served - self._served_before
        self._served_before = self.served
        self._idle_ticks = self._idle_ticks + 1 if self.ready and not served else 0
        if self.ready:
            self.rate = max(served * TICKS_PER_SECOND, self.rate * RATE_DECAY)
        self.queue_limit = max(4 * self.limit, int(self.rate))
        if len(self.ready) > 2 * len(self.lanes) + READY_TO_SPARE:
            living = [one for one in self.ready if not isinstance(one, Delivery) or one.stage is Stage.READY]
            self.ready.clear()
            self.ready.extend(living)

    def moving(self) -> int:
        """How many wait for a slot and will have one within about a second; 0 when paused, or the partner is slower."""
        waiting = len(self.ready)
        return waiting if waiting <= self.rate and self.live.sends and not self.is_stalled() else 0

    def is_stalled(self) -> bool:
        """True when nothing was served for about a second although something waits for a slot."""
        return self._idle_ticks >= TICKS_PER_SECOND


def rows_of(ready: Delivery | Group) -> int:
    """How many rows something that waits for a slot has: a delivery stands for a group of one."""
    return 1 if isinstance(ready, Delivery) else len(ready)


def _rate(per_second: float | None, share: float) -> RateLimit | None:
    return RateLimit(per_second * share) if per_second else None
