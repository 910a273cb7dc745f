"""From the rows of the `pending` topic, or from what was kept in memory, back to deliveries, at a takeover."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable
from typing import Any, TypeVar, cast

from connectors.kit.declaration import Limits
from connectors.records.codec import SCHEMA_VERSION, UndecodableRecord, decode, decode_event
from connectors.records.config import ConnectorConfig
from connectors.records.delivery import PendingRow, Reason, RowState
from connectors.records.profile_event import ProfileEvent
from stream_workers.core.identity import membership_of_row
from stream_workers.core.live_config import LiveConnector
from stream_workers.engine.connector import Connector
from stream_workers.engine.delivery import JOB, Delivery, Stage, Taken
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.partition import Kept, OwnedPartition
from stream_workers.shell.partition_reader import RowRecord
from stream_workers.shell.telemetry import Telemetry

Item = TypeVar("Item")
Shared = TypeVar("Shared", bound=Hashable)
PORTION = 500
"""The event loop turns after so many rows: a million of them must not keep it from anything else."""


class FoundRows:
    """What the `pending` topic says of a partition: who waits, and who is parked, as far as it has been read."""

    def __init__(self, partition: OwnedPartition, dispatcher: Dispatcher, telemetry: Telemetry) -> None:
        self.waiting: dict[bytes, Delivery] = {}
        self.parked: dict[bytes, Delivery] = {}
        self.config_position = -1
        """A view of the configuration that is older than this does not know everything that these rows know."""
        self._partition = partition
        self._dispatcher = dispatcher
        self._telemetry = telemetry
        self._shared: dict[Hashable, Any] = {}

    def take(self, records: list[RowRecord]) -> None:
        """The next records, in the order of their writing; unreadable ones are counted and left where they are."""
        for key, value in records:
            self.waiting.pop(key, None)
            self.parked.pop(key, None)
            if value is not None:
                try:
                    self._keep(key, decode(PendingRow, value))
                except UndecodableRecord as bad:
                    self._telemetry.record_refused(bad.reason)

    def _keep(self, key: bytes, row: PendingRow) -> None:
        value = bytes(row.event)
        event = decode_event(value)
        delivery = Delivery(
            Taken(value, row.offset, row.appended_at, row.version[0], event),
            self._partition,
            self._connector(row, event),
            self._one(row.action_id),
            event.change,
            event.profile_id,
            row.delivery_id,
            self._one(row.activation),
            False,
            attempts=row.attempts,
            run=row.run,
            first_at=row.first_at,
            due_at=row.due_at,
            ticket=row.ticket,
            batch=row.batch and self._one(row.batch),
            row_key=key if row.ticket is None else key.removesuffix(JOB),
            durable=True,
        )
        delivery.forget_id()
        self._partition.scratch.rest(delivery.taken, len(self.waiting) + len(self.parked))
        self.config_position = max(self.config_position, row.config_position)
        (self.parked if row.state is RowState.PARKED else self.waiting)[key] = delivery

    def _connector(self, row: PendingRow, event: ProfileEvent) -> Connector:
        known = self._dispatcher.connectors.get(row.connector_id)
        if known is not None:
            return known
        live = self._dispatcher.view.connectors.get(row.connector_id)
        return self._dispatcher.connector(live or stand_in(row.connector_id, event.workspace))

    def _one(self, value: Shared) -> Shared:
        """The same object for all that are equal: there may be a million."""
        return cast(Shared, self._shared.setdefault(value, value))


async def admit_found(partition: OwnedPartition, found: FoundRows, dispatcher: Dispatcher) -> None:
    """Every row becomes a delivery again: parked ones are put aside, the others take their turn.

    Jobs are asked again, but for those that must not be gone on with: their rows begin anew.
    """
    await _put_aside(partition, found.parked)
    await _admit(partition, found.waiting, dispatcher)


async def admit_kept(partition: OwnedPartition, kept: Kept, dispatcher: Dispatcher) -> None:
    """The same with the deliveries of before: nobody has had the partition meanwhile."""
    await _put_aside(partition, {key: _revived(partition, one) async for key, one in _in_portions(kept.parked.items())})
    waiting = {key: _revived(partition, one) async for key, one in _in_portions(kept.rows.items())}
    await _admit(partition, waiting, dispatcher)


async def _put_aside(partition: OwnedPartition, parked: dict[bytes, Delivery]) -> None:
    async for key, delivery in _in_portions(parked.items()):
        delivery.stage = Stage.OVER
        partition.parked[key] = delivery
        if not delivery.connector.is_wanted(delivery):
            partition.unpark(key)


async def _admit(partition: OwnedPartition, waiting: dict[bytes, Delivery], dispatcher: Dispatcher) -> None:
    partition.rows = waiting
    in_order = sorted(waiting.values(), key=lambda delivery: delivery.taken.offset)
    jobs: list[Delivery] = []
    others: list[Delivery] = []
    for delivery in in_order:
        action = delivery.connector.action(delivery)
        delivery.batched = action is not None and action.batch is not None
        delivery.has_row = True
        delivery.outdated = delivery.ticket is not None and _has_newer_row(partition, delivery)
        (jobs if delivery.connector.goes_on(delivery) else others).append(delivery)
    _resume_jobs(jobs, dispatcher)
    async for delivery in _in_portions(others):
        partition.leave_job(delivery)
        if not delivery.connector.is_wanted(delivery):
            dispatcher.skip(delivery, Reason.DEACTIVATED)
        elif delivery.outdated or knows_newer(partition, delivery):
            dispatcher.skip(delivery, Reason.SUPERSEDED)
        else:
            dispatcher.admit(delivery)


def _has_newer_row(partition: OwnedPartition, job: Delivery) -> bool:
    newer = partition.rows.get(job.key()) or partition.parked.get(job.key())
    return newer is not None and newer.taken.version > job.taken.version


def _resume_jobs(rows: list[Delivery], dispatcher: Dispatcher) -> None:
    jobs: dict[tuple[str, str | None], list[Delivery]] = {}
    for delivery in rows:
        if not delivery.connector.is_wanted(delivery):
            dispatcher.skip(delivery, Reason.DEACTIVATED)
            continue
        jobs.setdefault((delivery.connector.id, delivery.batch or delivery.delivery_id), []).append(delivery)
    for group in jobs.values():
        dispatcher.resume_job(group)


def knows_newer(partition: OwnedPartition, delivery: Delivery) -> bool:
    """True when the recent past holds a newer change of the same membership."""
    membership = membership_of_row(delivery.key())
    return membership is not None and partition.horizon.knows_newer(membership, delivery.taken.version)


def stand_in(connector_id: str, workspace: str) -> LiveConnector:
    """A connector that is not configured any more: nothing of it is wanted, and its rows end `deactivated`."""
    gone = ConnectorConfig(
        v=SCHEMA_VERSION,
        workspace=workspace,
        id=connector_id,
        type="deleted",
        name="deleted",
        version=0,
        revision=0,
        active=False,
    )
    return LiveConnector(connector_id, gone, None, None, {}, Limits(), (), {})


def _revived(partition: OwnedPartition, was: Delivery) -> Delivery:
    """Always a new one: timers and queues that still hold the one of before must find it dead."""
    return Delivery(
        was.taken,
        partition,
        was.connector,
        was.action_id,
        was.change,
        was.lane,
        was.known_id,
        was.activation,
        was.batched,
        attempts=was.attempts,
        run=was.run,
        first_at=was.first_at,
        due_at=was.due_at,
        ticket=was.ticket,
        batch=was.batch,
        row_key=was.row_key,
        durable=True,
    )


async def _in_portions(items: Iterable[Item]) -> AsyncIterator[Item]:
    for number, item in enumerate(items, 1):
        yield item
        if number % PORTION == 0:
            await asyncio.sleep(0)
