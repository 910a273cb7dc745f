"""From the rows of the `pending` topic, or from what was kept in memory, back to deliveries, at a takeover."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

from connectors.kit.declaration import Limits
from connectors.records.codec import SCHEMA_VERSION, UndecodableRecord, decode, decode_event
from connectors.records.config import ConnectorConfig
from connectors.records.delivery import PendingRow, Reason, RowState
from connectors.records.profile_event import ProfileEvent
from stream_workers.core.live_config import LiveConnector
from stream_workers.engine.connector import Connector
from stream_workers.engine.delivery import Delivery, Stage, Taken
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.intake import knows_newer
from stream_workers.engine.partition import Kept, OwnedPartition
from stream_workers.shell.telemetry import Telemetry

Rows = list[tuple[bytes, PendingRow]]
Item = TypeVar("Item")
Was = PendingRow | Delivery
"""What a delivery was, as it was written down or as it was kept."""
PORTION = 500
"""The event loop turns after so many rows: a million of them must not keep it from anything else."""


async def read_rows(rows: dict[bytes, bytes], telemetry: Telemetry) -> Rows:
    """The rows in the order of their changes; unreadable ones are counted and left where they are."""
    readable: Rows = []
    async for key, value in _in_portions(rows.items()):
        try:
            row = decode(PendingRow, value)
            decode_event(bytes(row.event))
            readable.append((key, row))
        except UndecodableRecord as bad:
            telemetry.record_refused(bad.reason)
    readable.sort(key=lambda found: found[1].offset)
    return readable


async def admit_rows(partition: OwnedPartition, rows: Rows, dispatcher: Dispatcher) -> None:
    """Every row becomes a delivery again: parked ones are put aside, jobs asked again, the others take their turn."""
    waiting: dict[bytes, Delivery] = {}
    rows.reverse()  # so that each can be let go of as soon as it is a delivery: there may be a million
    async for _ in _in_portions(range(len(rows))):
        key, row = rows.pop()
        event = decode_event(bytes(row.event))
        taken = Taken(bytes(row.event), row.offset, row.appended_at, row.version[0], event)
        delivery = _revived(partition, key, taken, _connector(row, event, dispatcher), row)
        if row.state is RowState.PARKED:
            _put_aside(partition, key, delivery)
        else:
            waiting[key] = delivery
    await _admit(partition, waiting, dispatcher)


async def admit_kept(partition: OwnedPartition, kept: Kept, dispatcher: Dispatcher) -> None:
    """The same with the deliveries of before: nobody has had the partition meanwhile."""
    async for key, delivery in _in_portions(kept.parked.items()):
        _put_aside(partition, key, _revived(partition, key, delivery.taken, delivery.connector, delivery))
    waiting: dict[bytes, Delivery] = {}
    async for key, delivery in _in_portions(sorted(kept.rows.items(), key=lambda found: found[1].taken.offset)):
        waiting[key] = _revived(partition, key, delivery.taken, delivery.connector, delivery)
    await _admit(partition, waiting, dispatcher)


def _put_aside(partition: OwnedPartition, key: bytes, delivery: Delivery) -> None:
    delivery.stage = Stage.OVER
    partition.parked[key] = delivery
    if not delivery.connector.is_wanted(delivery):
        partition.unpark(key)


async def _admit(partition: OwnedPartition, waiting: dict[bytes, Delivery], dispatcher: Dispatcher) -> None:
    jobs: dict[tuple[str, str | None], list[Delivery]] = {}
    for key, delivery in waiting.items():
        partition.rows[key] = delivery
        delivery.has_row = True
        if delivery.ticket is not None:
            jobs.setdefault((delivery.connector.id, delivery.batch or delivery.delivery_id), []).append(delivery)
    for group in jobs.values():
        dispatcher.resume_job(group)
    async for delivery in _in_portions(list(waiting.values())):
        if delivery.ticket is not None:
            continue
        if not delivery.connector.is_wanted(delivery):
            dispatcher.skip(delivery, Reason.DEACTIVATED)
        elif knows_newer(partition, delivery.taken):
            dispatcher.skip(delivery, Reason.SUPERSEDED)
        else:
            dispatcher.admit(delivery)
            delivery.rest()


def _connector(row: PendingRow, event: ProfileEvent, dispatcher: Dispatcher) -> Connector:
    live = dispatcher.view.connectors.get(row.connector_id)
    return dispatcher.connector(live if live is not None else stand_in(row.connector_id, event.workspace))


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


def _revived(partition: OwnedPartition, key: bytes, taken: Taken, connector: Connector, was: Was) -> Delivery:
    """Always a new one: timers and queues that still hold the one of before must find it dead."""
    action = connector.live.actions.get(was.action_id)
    return Delivery(
        taken,
        partition,
        connector,
        was.action_id,
        was.change if isinstance(was, Delivery) else taken.event.change,
        was.lane if isinstance(was, Delivery) else taken.event.profile_id,
        was.delivery_id,
        was.activation,
        action is not None and action.batch is not None,
        attempts=was.attempts,
        run=was.run,
        first_at=was.first_at,
        due_at=was.due_at,
        ticket=was.ticket,
        batch=was.batch,
        row_key=key,
        durable=True,
    )


async def _in_portions(items: Iterable[Item]) -> AsyncIterator[Item]:
    for number, item in enumerate(items, 1):
        yield item
        if number % PORTION == 0:
            await asyncio.sleep(0)
