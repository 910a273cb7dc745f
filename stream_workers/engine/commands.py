"""Carrying out what the control plane asks of a partition's owner: replays of dead letters, and their cancellation."""

from connectors.records.codec import UndecodableRecord, decode_event
from connectors.records.delivery import Command, CommandKind, Reason, ReplayItem
from connectors.records.profile_event import MembershipEvent, ProfileEvent
from stream_workers.core.identity import row_key
from stream_workers.core.versions import moment_of
from stream_workers.engine.delivery import Delivery, Taken
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.partition import OwnedPartition
from stream_workers.engine.restore import stand_in
from stream_workers.shell.telemetry import Telemetry


class Commands:
    """A command takes effect in the transaction that also notes its offset: once, whatever crashes."""

    def __init__(self, dispatcher: Dispatcher, telemetry: Telemetry) -> None:
        self._dispatcher = dispatcher
        self._telemetry = telemetry
        self._cancelled: set[int] = set()

    def carry_out(self, partition: OwnedPartition, offset: int, command: Command | None) -> None:
        """One command of this partition; one that cannot be read is passed over and counted."""
        if offset < partition.commands_next:
            return
        partition.noted_command(offset)
        if command is None:
            self._telemetry.record_refused(Reason.UNDECODABLE)
            return
        match command.kind:
            case CommandKind.CANCEL:
                self._cancel(command.run)
            case CommandKind.REPLAY:
                for item in command.items:
                    self._replay(partition, command, item)

    def _cancel(self, run: int) -> None:
        # All in one turn: the command's offset is noted, and whoever takes over would send what had not ended by then.
        self._cancelled.add(run)
        for connector in list(self._dispatcher.connectors.values()):
            for delivery in connector.lanes:
                if delivery.run != run:
                    continue
                if delivery.is_busy:
                    delivery.cancelled = True
                else:
                    self._dispatcher.end_waiting(delivery, Reason.CANCELLED)

    def _replay(self, partition: OwnedPartition, command: Command, item: ReplayItem) -> None:
        try:
            event = decode_event(bytes(item.event))
        except UndecodableRecord as bad:
            self._telemetry.record_refused(bad.reason)
            return
        delivery = self._delivery(partition, command, item, event)
        if command.run in self._cancelled:
            self._dispatcher.skip(delivery, Reason.CANCELLED)
        elif isinstance(event, MembershipEvent) and not self._unpark(partition, item, event):
            self._dispatcher.skip(delivery, Reason.SUPERSEDED)
        elif not delivery.connector.is_wanted(delivery):
            self._dispatcher.skip(delivery, Reason.DEACTIVATED)
        else:
            partition.put_row(delivery)
            self._dispatcher.admit(delivery)

    def _unpark(self, partition: OwnedPartition, item: ReplayItem, event: MembershipEvent) -> bool:
        """True when the row is still parked for this very delivery: nothing newer has come."""
        key = row_key(event, item.action_id, partition.number, item.offset)
        parked = partition.parked.get(key)
        if parked is None or parked.delivery_id != item.delivery_id:
            return False
        partition.unpark(key)
        return True

    def _delivery(self, partition: OwnedPartition, command: Command, item: ReplayItem, event: ProfileEvent) -> Delivery:
        live = self._dispatcher.view.connectors.get(item.connector_id)
        connector = self._dispatcher.connector(live or stand_in(item.connector_id, event.workspace))
        taken = Taken(
            bytes(item.event),
            item.offset,
            item.appended_at,
            moment_of(event, item.appended_at),
            event,
        )
        action = connector.live.actions.get(item.action_id)
        return Delivery(
            taken,
            partition,
            connector,
            item.action_id,
            event.change,
            event.profile_id,
            item.delivery_id,
            (connector.live.config.activation, action.activation if action is not None else 0),
            action is not None and action.batch is not None,
            run=command.run,
            durable=True,
        )
