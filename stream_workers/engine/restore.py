"""From the rows of the `pending` topic back to deliveries, at a takeover."""

from collections.abc import Iterable

from connectors.kit.declaration import Limits
from connectors.records.codec import SCHEMA_VERSION, UndecodableRecord, decode, decode_event
from connectors.records.config import ConnectorConfig
from connectors.records.delivery import PendingRow, Reason, RowState
from connectors.records.profile_event import ProfileEvent
from stream_workers.core.live_config import LiveConnector
from stream_workers.engine.connector import Connector
from stream_workers.engine.delivery import Delivery, Stage, Taken
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.partition import OwnedPartition
from stream_workers.shell.telemetry import Telemetry

Rows = list[tuple[bytes, PendingRow, ProfileEvent]]


def read_rows(rows: dict[bytes, bytes], telemetry: Telemetry) -> Rows:
    """The rows in the order of their changes; unreadable ones are counted and left where they are."""
    readable: Rows = []
    for key, value in rows.items():
        try:
            row = decode(PendingRow, value)
            readable.append((key, row, decode_event(bytes(row.event))))
        except UndecodableRecord as bad:
            telemetry.record_refused(bad.reason)
    readable.sort(key=lambda found: found[1].offset)
    return readable


def admit_rows(partition: OwnedPartition, rows: Rows, dispatcher: Dispatcher) -> None:
    """Every row becomes a delivery again: parked ones are put aside, jobs asked again, the others take their turn."""
    jobs: dict[tuple[str, str | None], list[Delivery]] = {}
    waiting: list[Delivery] = []
    for key, row, event in rows:
        delivery = _delivery(partition, key, row, event, _connector(row, event, dispatcher))
        if row.state is RowState.PARKED:
            delivery.stage = Stage.OVER
            partition.parked[key] = delivery
            continue
        partition.rows[key] = delivery
        delivery.has_row = True
        if row.ticket is not None:
            jobs.setdefault((row.connector_id, row.batch or row.delivery_id), []).append(delivery)
        else:
            waiting.append(delivery)
    for group in jobs.values():
        dispatcher.resume_job(group)
    _admit(waiting, dispatcher)


def _admit(deliveries: Iterable[Delivery], dispatcher: Dispatcher) -> None:
    for delivery in deliveries:
        if delivery.connector.is_wanted(delivery):
            dispatcher.admit(delivery)
        else:
            dispatcher.skip(delivery, Reason.DEACTIVATED)


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


def _delivery(
    partition: OwnedPartition, key: bytes, row: PendingRow, event: ProfileEvent, connector: Connector
) -> Delivery:
    taken = Taken(bytes(row.event), row.offset, row.appended_at, row.version, event, event.profile_id.encode())
    delivery = Delivery(taken, partition, connector, row.action_id, event.change)
    delivery.lane = event.profile_id
    delivery.delivery_id = row.delivery_id
    delivery.activation = row.activation
    delivery.attempts = row.attempts
    delivery.run = row.run
    delivery.first_at = row.first_at
    delivery.due_at = row.due_at
    delivery.ticket = row.ticket
    delivery.batch = row.batch
    delivery.row_key = key
    delivery.durable = True
    action = connector.action(delivery)
    delivery.batched = action is not None and action.batch is not None
    return delivery
