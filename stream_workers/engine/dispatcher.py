"""Whose turn it is: admits deliveries to lanes, gathers batches, turns what cannot go now into pending rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from connectors.kit.declaration import BatchRule
from connectors.records.delivery import Reason
from stream_workers.core.config_view import ConfigView
from stream_workers.core.live_config import LiveConnector
from stream_workers.engine.batches import Batches
from stream_workers.engine.connector import Connector, Group
from stream_workers.engine.delivery import Delivery, Stage, Taken
from stream_workers.engine.endings import Endings
from stream_workers.engine.slots import SlotPolicy, Slots
from stream_workers.engine.timers import Timers
from stream_workers.shell.clock import Clock

SOON_MS = 1_000
"""A row that is due within this time does not make the ones behind it pending."""

HELD_SECONDS = 1.0
"""A row whose profile has an attempt running goes with the next batch, which is due this soon."""

UNWANTED_AT_ONCE = 1_000
"""A deactivation may end a million rows: in one go it would keep the event loop from everything else for a minute."""


class Dispatcher:
    """Runs in the event loop and never awaits, so that no state is seen half done."""

    def __init__(self, clock: Clock, endings: Endings, policy: SlotPolicy, may_send: Callable[[], bool]) -> None:
        self.connectors: dict[str, Connector] = {}
        self.view = ConfigView()
        self._clock = clock
        self._endings = endings
        self.may_send = may_send
        self._timers = Timers(clock.monotonic)
        self.slots = Slots(clock, self._timers, policy, may_send, self)
        self._batches: dict[str, Batches] = {}
        self._share = 1.0
        self._unwanted: deque[Delivery] = deque()
        """What a change of the configuration ends, and has not ended yet."""

    # --- configuration ---

    def apply(self, view: ConfigView) -> None:
        """A new view of the configuration: what is no longer wanted ends `skipped: deactivated`, the rest goes on."""
        before, self.view = self.view, view
        for connector_id in before.connectors.keys() | view.connectors.keys():
            live = view.connectors.get(connector_id)
            if live is not before.connectors.get(connector_id):
                self._reconfigure(connector_id, live)

    def share(self, share: float) -> None:
        """This worker's part of every connector's rates, as workers come and go."""
        if share != self._share:
            self._share = share
            for connector in self.connectors.values():
                connector.configure(connector.live, share)

    def connector(self, live: LiveConnector) -> Connector:
        """The connector at work for a configured one."""
        connector = self.connectors.get(live.id)
        if connector is None:
            connector = Connector(live, self.slots.policy.slots_per_connector, self.slots.policy.breaker)
            connector.configure(live, self._share)
            self.connectors[live.id] = connector
            self._batches[live.id] = Batches()
        return connector

    def _reconfigure(self, connector_id: str, live: LiveConnector | None) -> None:
        connector = self.connectors.get(connector_id)
        if connector is None:
            return
        if live is None:
            live = connector.live.deleted()
        before = connector.live
        connector.configure(live)
        self._give_up_unwanted(connector)
        if live.config.version != before.config.version or (live.sends and not before.sends):
            self.flush(connector, everything=True)
        self.slots.pump(connector)

    def _give_up_unwanted(self, connector: Connector) -> None:
        """None of them starts any more; they end now, or a portion with each tick where there are many."""
        for delivery in connector.lanes:
            if delivery.stage is not Stage.RUNNING and not connector.is_wanted(delivery):
                delivery.stage = Stage.BEHIND
                self._unwanted.append(delivery)
        self._end_unwanted()

    def _end_unwanted(self) -> None:
        for _ in range(min(UNWANTED_AT_ONCE, len(self._unwanted))):
            delivery = self._unwanted.popleft()
            if delivery.partition.alive:
                self._cancel(delivery.connector, delivery)

    def _cancel(self, connector: Connector, delivery: Delivery) -> None:
        if delivery.stage not in (Stage.RUNNING, Stage.OVER):
            self.end_waiting(delivery, Reason.DEACTIVATED)

    def put_back(self, delivery: Delivery) -> None:
        """Another one of its lane is busy: a row gathers again, the others wait for their turn."""
        action = delivery.connector.action(delivery)
        if delivery.batched and action is not None and action.batch is not None:
            self._gather(delivery, action.batch, HELD_SECONDS)
        else:
            delivery.batched = False
            delivery.stage = Stage.BEHIND

    # --- deliveries come in ---

    def admit(self, delivery: Delivery) -> None:
        """A delivery takes its place behind the others of its profile; it goes at once, soon, or becomes a row."""
        connector = delivery.connector
        is_first = connector.lanes.enter(delivery)
        if delivery.batched:
            self._batch(connector, delivery)
        elif is_first:
            self._turn(connector, delivery)
        else:
            self._advance(connector, connector.lanes.next_behind(delivery.lane))
        if not delivery.durable and delivery.stage is not Stage.OVER and self._must_wait(connector, delivery):
            self.spill(delivery)

    def has_newer(self, connector: Connector, taken: Taken, key: bytes) -> bool:
        """True when a newer change of the same membership, through the same action, has not ended yet."""
        version = taken.version
        return any(other.taken.version > version for other in connector.lanes.of_row(taken.event.profile_id, key))

    def replace_older(self, connector: Connector, taken: Taken, key: bytes, newer: Delivery | None) -> None:
        """A newer change of a membership has come: what waits from older ones, through this action, is superseded.

        With a `newer` delivery to follow, older ones that are only in memory stay: they go first, in order.
        """
        for older in connector.lanes.of_row(taken.event.profile_id, key):
            if older is newer:
                continue
            if older.is_busy:
                older.outdated = True
                older.void = newer is None
            elif older.has_row or newer is None:
                self.supersede(older)

    def supersede(self, delivery: Delivery) -> None:
        """A newer change makes this one pointless."""
        self.end_waiting(delivery, Reason.SUPERSEDED)

    def spill(self, delivery: Delivery) -> bool:
        """Make a delivery a pending row, so that it holds nothing back; false while an older one has its key."""
        if delivery.durable:
            return True
        partition = delivery.partition
        owner = partition.rows.get(delivery.key())
        if owner is not None and owner is not delivery:
            if owner.is_busy:
                return False
            self.supersede(owner)
        for older in self._older(delivery):
            self.supersede(older)
        partition.put_row(delivery)
        delivery.rest()
        return True

    def _older(self, delivery: Delivery) -> list[Delivery]:
        version = delivery.taken.version
        return [
            other
            for other in delivery.connector.lanes.of_row(delivery.lane, delivery.key())
            if other.taken.version < version and not other.is_busy
        ]

    def _must_wait(self, connector: Connector, delivery: Delivery) -> bool:
        head = connector.lanes.head(delivery.lane)
        if head.stage is Stage.WAITING:
            return head.due_at - self._clock.now_ms() > SOON_MS
        return connector.is_blocked(self._clock.monotonic())

    # --- whose turn it is ---

    def _advance(self, connector: Connector, delivery: Delivery | None) -> None:
        if delivery is not None:
            self._turn(connector, delivery)

    def _turn(self, connector: Connector, delivery: Delivery) -> None:
        wait_ms = delivery.due_at - self._clock.now_ms() if delivery.due_at else 0
        if wait_ms > 0:
            self._wait(connector, delivery, wait_ms)
        else:
            delivery.stage = Stage.READY
            connector.ready.append(delivery)
            self.slots.pump(connector)

    def _wait(self, connector: Connector, delivery: Delivery, wait_ms: int) -> None:
        delivery.stage = Stage.WAITING
        self._timers.at(self._clock.monotonic() + wait_ms / 1000, self._due, (connector, delivery, delivery.due_at))

    def _due(self, waited: tuple[Connector, Delivery, int]) -> None:
        connector, delivery, due_at = waited
        if delivery.stage is not Stage.WAITING or delivery.due_at != due_at or not delivery.partition.alive:
            return
        if delivery.batched:
            self._batch(connector, delivery)
        else:
            delivery.stage = Stage.READY
            connector.ready.append(delivery)
            self.slots.pump(connector)

    # --- batches ---

    def _batch(self, connector: Connector, delivery: Delivery) -> None:
        action = connector.action(delivery)
        if action is None:
            self._cancel(connector, delivery)
            return
        if action.batch is None:  # broken: it ends by itself, with the reason
            delivery.batched = False
            self._turn(connector, delivery)
            return
        wait_ms = delivery.due_at - self._clock.now_ms() if delivery.due_at else 0
        if wait_ms > 0:
            self._wait(connector, delivery, wait_ms)
            return
        delivery.stage = Stage.READY
        self.spill(delivery)
        if self._gather(delivery, action.batch, action.batch.max_age_seconds) and connector.live.sends:
            self.flush(connector)

    def _gather(self, delivery: Delivery, rule: BatchRule, within: float) -> bool:
        """Put a row into its batch; true when the batch is full."""
        connector = delivery.connector
        due, full = self._batches[connector.id].add(delivery, rule, within, self._clock.monotonic())
        if due is not None:
            self._await_batches(connector)
        return full

    def resume_job(self, group: Group) -> None:
        """Rows whose job the partner has not answered yet, after a takeover."""
        connector = group[0].connector
        for delivery in group:
            connector.lanes.enter(delivery)
            connector.lanes.begin(delivery)
        self.at(group[0].due_at, connector, group)

    def end_waiting(self, delivery: Delivery, reason: Reason) -> None:
        """A delivery that waits ends without being sent."""
        self._endings.skip(delivery, reason)
        self._advance(delivery.connector, delivery.connector.lanes.leave(delivery))

    def skip(self, delivery: Delivery, reason: Reason) -> None:
        """A delivery that is in no lane ends without being sent."""
        delivery.stage = Stage.OVER
        self._endings.skip(delivery, reason)

    def _await_batches(self, connector: Connector) -> None:
        batches = self._batches[connector.id]
        due = batches.next_due()
        if due is not None and due < batches.awaited:
            batches.awaited = due
            self._timers.at(due, self._flush_due, (connector, due))

    def _flush_due(self, awaited: tuple[Connector, float]) -> None:
        connector, due = awaited
        if due == self._batches[connector.id].awaited:
            self._batches[connector.id].awaited = inf
            self.flush(connector)

    def flush(self, connector: Connector, *, everything: bool = False) -> None:
        """Send the batches that are due, or all of them (on publish, on resume and on shutdown)."""
        batches, now = self._batches[connector.id], self._clock.monotonic()
        if connector.live.sends:
            connector.ready.extend(batches.flush(now, everything=everything))
        else:
            batches.put_off(now)
        self._await_batches(connector)
        self.slots.pump(connector)

    def flush_batches(self) -> bool:
        """Send every batch that may go now; true while there is one that has not been answered."""
        now = self._clock.monotonic()
        open_ones = [one for one in self.connectors.values() if self._batches[one.id] and not one.is_blocked(now)]
        for connector in open_ones:
            self.flush(connector, everything=True)
        return self.slots.sends_batches() or any(
            not isinstance(group, Delivery) and group[0].batched
            for connector in self.connectors.values()
            if not connector.is_blocked(now)
            for group in connector.ready
        )

    def requeue(self, connector: Connector, group: Group) -> None:
        """A group that was split, or whose job must be asked again, goes before the others.

        Rows that need no further attempt end instead.
        """
        for delivery in group:
            if not delivery.partition.alive:
                continue
            reason = connector.stop_reason(delivery, delivery.ticket)
            if reason is not None:
                self.end_waiting(delivery, reason)
            elif delivery.ticket is not None:
                delivery.stage = Stage.WITH_PARTNER
            else:
                connector.lanes.pause(delivery)
                delivery.stage = Stage.READY
        connector.ready.appendleft(group)
        self.slots.pump(connector)

    def at(self, due_at: int, connector: Connector, group: Group) -> None:
        """The partner works on a job, and is asked about it at this time (unix milliseconds)."""
        for delivery in group:
            delivery.stage = Stage.WITH_PARTNER
        wait = max(0.0, (due_at - self._clock.now_ms()) / 1000)
        self._timers.at(self._clock.monotonic() + wait, self._job_due, (connector, group))

    def _job_due(self, waited: tuple[Connector, Group]) -> None:
        connector, group = waited
        alive = [one for one in group if one.partition.alive and one.stage is Stage.WITH_PARTNER]
        if alive:
            self.requeue(connector, alive)

    # --- after an attempt ---

    def over(self, delivery: Delivery) -> None:
        """The delivery has had its outcome: the next one of its profile may go."""
        connector = delivery.connector
        self._advance(connector, connector.lanes.leave(delivery))
        for behind in connector.lanes.of(delivery.lane):
            if behind.batched and not behind.durable:
                self.spill(behind)

    def again(self, delivery: Delivery) -> None:
        """The attempt did not end the delivery: it waits as a row until `due_at`, and those behind it become rows.

        One that needs no further attempt ends instead.
        """
        connector = delivery.connector
        connector.lanes.pause(delivery)
        reason = connector.stop_reason(delivery, delivery.ticket)
        if reason is not None:
            self.end_waiting(delivery, reason)
            return
        if delivery.batched:
            self._batch(connector, delivery)
            self._advance(connector, connector.lanes.next_behind(delivery.lane))
        else:
            self._turn(connector, delivery)
        if delivery.stage is Stage.WAITING:
            delivery.rest()
            for behind in connector.lanes.of(delivery.lane):
                if behind is not delivery:
                    self.spill(behind)

    # --- ten times a second ---

    def tick(self) -> None:
        """Measure what each connector serves; what waits at a stalled or blocked one becomes rows."""
        self._end_unwanted()
        if not self.may_send():
            return
        now = self._clock.monotonic()
        for connector in self.connectors.values():
            if connector.volatile and (connector.is_blocked(now) or connector.is_stalled()):
                for delivery in connector.lanes:
                    if delivery.stage is not Stage.RUNNING:
                        self.spill(delivery)
            connector.tick()
            if connector.ready:
                self.slots.pump(connector)

    # --- partitions go, the worker stops ---

    def forget(self, partitions: set[int]) -> None:
        """Partitions are not ours any more: their deliveries are somebody else's, and no timer keeps them."""
        for connector in self.connectors.values():
            for delivery in connector.lanes:
                if delivery.partition.number in partitions:
                    if not delivery.durable:
                        connector.volatile -= 1
                        delivery.durable = True
                    self._advance(connector, connector.lanes.leave(delivery))
        self._timers.forget(self._due, lambda waited: not waited[1].partition.alive)
        self._timers.forget(self._job_due, lambda waited: not any(one.partition.alive for one in waited[1]))

    def wake(self) -> None:
        """Call whatever is due by the clock, and see what may go."""
        self._timers.wake()
        self.tick()

    def close(self) -> None:
        """No timer fires any more."""
        self._timers.close()
