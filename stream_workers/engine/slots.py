"""The worker's slots: how many attempts run, of which connectors, and who is next when one is free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from stream_workers.core.breaker import BreakerPolicy
from stream_workers.engine.connector import Connector, Group
from stream_workers.engine.delivery import Delivery, Stage
from stream_workers.engine.timers import Timers
from stream_workers.shell.clock import Clock

_DRAIN_TURN_SECONDS = 0.01


class Attempt(Protocol):
    """A group that holds a slot. Whoever performs it calls `Slots.ended` when it is over, maybe at once."""

    connector: Connector
    group: Group
    is_over: bool

    def cut(self) -> None:
        """It is over: no answer is waited for any more."""


class Queue(Protocol):
    """Takes back what has not ended."""

    def again(self, delivery: Delivery) -> None:
        """A delivery whose attempt was cut."""

    def requeue(self, connector: Connector, group: Group) -> None:
        """Rows with a job of the partner."""

    def put_back(self, delivery: Delivery) -> None:
        """One whose turn has come while another one of its lane is busy."""


Begin = Callable[[Connector, Group], Attempt]


@dataclass(frozen=True, slots=True)
class SlotPolicy:
    """How many slots the worker has; a connector may hold a quarter of them at most."""

    slots: int = 1024
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)

    @property
    def slots_per_connector(self) -> int:
        """The part of the slots that one connector may hold."""
        return max(1, self.slots // 4)


class Slots:
    """Attempts begin while there are slots, and every end begins the next ones.

    `may_send` is the worker's part of every check; what leaves its slot, or its turn, without an end goes to `queue`.
    """

    def __init__(
        self,
        clock: Clock,
        timers: Timers,
        policy: SlotPolicy,
        may_send: Callable[[], bool],
        queue: Queue,
    ) -> None:
        self.policy = policy
        self.in_flight = 0
        self._clock = clock
        self._timers = timers
        self._may_send = may_send
        self._queue = queue
        self._hungry: dict[Connector, None] = {}
        self._running: dict[Attempt, None] = {}
        self._busy: dict[Connector, None] = {}
        self._to_pump: dict[Connector, None] = {}
        self._is_pumping = False
        self._begin: Begin | None = None

    def attempt_with(self, begin: Begin) -> None:
        """Who performs the attempts."""
        self._begin = begin

    def backlog(self) -> int:
        """Deliveries that wait for a slot and will have one soon: what the intake may let catch up."""
        return sum(connector.moving() for connector in self._busy)

    def sends_batches(self) -> bool:
        """True while a batch is on its way; a job that the partner works on is not."""
        return any(one.group[0].batched and one.group[0].ticket is None for one in self._running)

    def pump(self, connector: Connector) -> None:
        """Start as many attempts as the connector and the worker have slots for.

        What is over at once may ask for more: that is done behind it and not within it, however long the chain.
        """
        self._to_pump[connector] = None
        if self._is_pumping:
            return
        self._is_pumping = True
        try:
            while self._to_pump:
                self._fill(self._to_pump.popitem()[0])
        finally:
            self._is_pumping = False

    def _fill(self, connector: Connector) -> None:
        if connector.ready:
            self._busy[connector] = None
        while connector.ready and connector.in_flight < connector.limit:
            if self.in_flight >= self.policy.slots:
                self._hungry[connector] = None
                return
            group = self._next_group(connector)
            if group is None or self._begin is None:
                return
            connector.in_flight += 1
            self.in_flight += 1
            attempt = self._begin(connector, group)
            if not attempt.is_over:
                self._running[attempt] = None

    def ended(self, attempt: Attempt) -> None:
        """An attempt is over: its slot goes to a connector that waits for one, or to the next of its own."""
        connector = attempt.connector
        self._running.pop(attempt, None)
        connector.attempting -= 1
        connector.in_flight -= 1
        self.in_flight -= 1
        if self._hungry:
            hungry = next(iter(self._hungry))
            del self._hungry[hungry]
            self.pump(hungry)
        self.pump(connector)

    def _cut(self, attempt: Attempt) -> None:
        """An attempt is ended from outside: rows that are still ours go again, with the same ids."""
        connector = attempt.connector
        attempt.cut()
        connector.breaker.given_up()
        ours = [delivery for delivery in attempt.group if delivery.partition.alive and delivery.stage is Stage.RUNNING]
        job = [delivery for delivery in ours if connector.goes_on(delivery)]
        if job:
            self._queue.requeue(connector, job)
        for delivery in ours:
            if not connector.goes_on(delivery):
                delivery.partition.leave_job(delivery)
                self._queue.again(delivery)
        self.ended(attempt)

    def _next_group(self, connector: Connector) -> Group | None:
        ready = connector.ready
        while ready:
            if not _any_may_begin(connector, ready[0]):
                self._pass_over(ready.popleft())
                continue
            now = self._clock.monotonic()
            wait = connector.wait(now) if self._may_send() else None
            if wait is None:
                return None
            if wait > 0:
                if not now < connector.wake_at <= now + wait:
                    connector.wake_at = now + wait
                    self._timers.at(connector.wake_at, self.pump, connector)
                return None
            return self._begun(connector, connector.begin(now))
        self._busy.pop(connector, None)
        return None

    def _begun(self, connector: Connector, group: Group) -> Group:
        """What begins of a group of which one may: dead rows are left out, and no two are of one profile."""
        lanes = connector.lanes
        if len(group) == 1:
            lanes.begin(group[0])
            return group
        begun: Group = []
        for delivery in group:
            if _may_begin(connector, delivery):
                lanes.begin(delivery)
                begun.append(delivery)
            else:
                self._pass_over(delivery)
        return begun

    def _pass_over(self, ready: Delivery | Group) -> None:
        for delivery in (ready,) if isinstance(ready, Delivery) else ready:
            if delivery.stage is Stage.READY and delivery.partition.alive:
                self._queue.put_back(delivery)

    async def drain(self, partitions: set[int], seconds: float) -> None:
        """Wait for the running attempts of these partitions, at most this long; then cut them."""
        until = self._clock.monotonic() + seconds
        while running := self._running_for(partitions):
            if self._clock.monotonic() >= until:
                for attempt in running:
                    self._cut(attempt)
                await asyncio.sleep(0)  # connections close, and tasks end, in the next turn of the loop
                return
            await asyncio.sleep(_DRAIN_TURN_SECONDS)

    def _running_for(self, partitions: set[int]) -> list[Attempt]:
        return [
            attempt
            for attempt in self._running
            if any(delivery.partition.number in partitions for delivery in attempt.group)
        ]


def _any_may_begin(connector: Connector, ready: Delivery | Group) -> bool:
    if isinstance(ready, Delivery):
        return _may_begin(connector, ready)
    return any(_may_begin(connector, delivery) for delivery in ready)


def _may_begin(connector: Connector, delivery: Delivery) -> bool:
    """A job of the partner is asked about; anything else begins when nothing of its lane is busy."""
    if not delivery.partition.alive:
        return False
    if delivery.stage is Stage.READY:
        return not connector.lanes.is_running(delivery.lane)
    return delivery.stage is Stage.WITH_PARTNER
