"""From a record of `profile-events` to its deliveries: decode, recognise, plan, admit. Bad input ends here."""

from collections.abc import Iterable
from typing import Final

from aiokafka.partitioner import murmur2
from aiokafka.structs import ConsumerRecord

from connectors.records.codec import SCHEMA_VERSION, UndecodableRecord, decode_event, encode
from connectors.records.delivery import DeadLetter, OutcomeClass, Reason
from connectors.records.profile_event import MembershipEvent, ProfileEvent
from stream_workers.core.delivering import End
from stream_workers.core.identity import membership, row_key
from stream_workers.core.planning import Planned, plan, ties_of
from stream_workers.core.versions import moment_of, version_of
from stream_workers.engine.connector import Connector
from stream_workers.engine.delivery import Delivery, Stage, Taken
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.partition import OwnedPartition
from stream_workers.shell.clock import Clock, as_datetime
from stream_workers.shell.partition_reader import RecentRecord
from stream_workers.shell.telemetry import Telemetry

KEPT_BYTES: Final = 1024 * 1024
KEPT_KEY_BYTES: Final = 2 * 1024
"""No profile id has more. Kafka takes a key of many megabytes where it compresses well, and we could not write it."""
KEY_START = 200
ROUTE_SAMPLE: Final = 64
"""One record of this many is checked for its partition: order per profile needs producers that agree on murmur2."""


class Intake:
    """Takes records one by one; nothing here waits."""

    def __init__(self, dispatcher: Dispatcher, endings: Endings, clock: Clock, telemetry: Telemetry) -> None:
        self._dispatcher = dispatcher
        self._endings = endings
        self._clock = clock
        self._telemetry = telemetry
        self._activations: dict[tuple[int, int], tuple[int, int]] = {}
        self.partitions = 0
        """How many partitions `profile-events` has; 0 while it is not known."""

    def take(self, partition: OwnedPartition, record: ConsumerRecord) -> None:
        """One record in: exactly one dead letter, or deliveries that have begun, ended or wait."""
        partition.position.take(record.offset)
        try:
            event = self._decode(record)
            if record.offset % ROUTE_SAMPLE == 0 and self.partitions:
                self._check_route(record)
            self._plan(partition, record, event)
        except UndecodableRecord as bad:
            self._dead_letter(partition, record, bad)
            partition.finish(record.offset)

    def pass_over(self, partition: OwnedPartition, record: ConsumerRecord) -> None:
        """A record that was finished before: only the recent past learns of it."""
        if record.offset >= partition.position.expected:
            partition.position.pass_over(record.offset)
        if record.value is not None:
            note(partition, record.value, record.offset, record.timestamp)

    def _check_route(self, record: ConsumerRecord) -> None:
        if (murmur2(record.key) & 0x7FFFFFFF) % self.partitions != record.partition:
            self._telemetry.record_misrouted()

    def _decode(self, record: ConsumerRecord) -> ProfileEvent:
        value = record.value
        if value is None:
            raise UndecodableRecord(Reason.UNDECODABLE, "The record has no value (a tombstone).")
        if not record.key:
            raise UndecodableRecord(Reason.KEYLESS, "The record has no key; its key must be the profile_id.")
        event = decode_event(value)
        if record.key != event.profile_id.encode():
            raise UndecodableRecord(Reason.KEY_MISMATCH, "The record's key is not its profile_id.")
        return event

    def _plan(self, partition: OwnedPartition, record: ConsumerRecord, event: ProfileEvent) -> None:
        view = self._dispatcher.view
        ties = ties_of(event, view)
        if ties is None:
            assert isinstance(event, MembershipEvent)
            source = event.source
            raise UndecodableRecord(Reason.UNKNOWN_SOURCE, f"No {source.kind} {source.id!r} has been published.")
        self._telemetry.record_decoded()
        if not ties:
            partition.finish(record.offset)
            return
        moment = moment_of(event, record.timestamp)
        taken = Taken(record.value, record.offset, record.timestamp, moment, event)
        skip = self._known_before(partition, taken, event)
        begun: list[tuple[Delivery, Planned, Reason | None]] = []
        is_state = skip is None and isinstance(event, MembershipEvent)
        for planned in _not_ended(partition, taken.offset, plan(event, ties, view)):
            connector = self._dispatcher.connector(planned.connector)
            delivery = self._delivery(partition, taken, connector, planned) if planned.triggers else None
            reason = skip or planned.skip
            if is_state and (event.profile_id in connector.lanes or partition.parked):
                key = row_key(event, planned.action.id, partition.number, taken.offset)
                if self._is_overtaken(partition, taken, connector, key):
                    reason = Reason.SUPERSEDED
                else:
                    self._dispatcher.replace_older(connector, taken, key, delivery if planned.skip is None else None)
                    partition.unpark(key)
            if delivery is not None:
                begun.append((delivery, planned, reason))
        partition.take(taken, [delivery for delivery, _, _ in begun])
        for delivery, planned, reason in begun:
            self._begin(delivery, planned, reason)

    def _known_before(self, partition: OwnedPartition, taken: Taken, event: ProfileEvent) -> Reason | None:
        """Why the whole event is not delivered: it came before, or a newer change of the membership did."""
        horizon = partition.horizon
        horizon.advance(taken.appended_at)
        if event.event_id is not None and horizon.is_duplicate(_event_key(event), taken.offset):
            return Reason.DUPLICATE
        if isinstance(event, MembershipEvent) and horizon.is_late(membership(event), taken.version):
            return Reason.SUPERSEDED
        return None

    def _delivery(self, partition: OwnedPartition, taken: Taken, connector: Connector, planned: Planned) -> Delivery:
        event, action = taken.event, planned.action
        activation = (planned.connector.config.activation, action.activation)
        connector.volatile += 1
        return Delivery(
            taken,
            partition,
            connector,
            action.id,
            event.change,
            event.profile_id,
            None,
            self._activations.setdefault(activation, activation),
            action.batch is not None,
        )

    def _is_overtaken(self, partition: OwnedPartition, taken: Taken, connector: Connector, key: bytes) -> bool:
        """True when a newer change still waits, or failed, which the horizon may have forgotten long ago."""
        if self._dispatcher.has_newer(connector, taken, key):
            return True
        parked = partition.parked.get(key)
        return parked is not None and parked.taken.version > taken.version

    def _begin(self, delivery: Delivery, planned: Planned, reason: Reason | None) -> None:
        if reason is not None:
            delivery.stage = Stage.OVER
            self._endings.skip(delivery, reason)
        elif planned.connector.broken is not None or planned.action.broken is not None:
            broken = planned.connector.broken or planned.action.broken
            delivery.stage = Stage.OVER
            detail = broken.detail if broken is not None else ""
            self._endings.end(delivery, End(OutcomeClass.OTHER_ERROR, Reason.MISCONFIGURED, detail=detail))
        else:
            self._dispatcher.admit(delivery)

    def _dead_letter(self, partition: OwnedPartition, record: ConsumerRecord, bad: UndecodableRecord) -> None:
        key, value = record.key, record.value or b""
        detail = bad.detail[:500]
        if key is not None and len(key) > KEPT_KEY_BYTES:
            start = key[:KEY_START].decode("utf-8", "replace")
            detail, key = f"{detail} Its key was left away: {len(key)} bytes that begin with {start!r}.", None
        letter = DeadLetter(
            v=SCHEMA_VERSION,
            workspace=None,
            reason=bad.reason,
            detail=detail,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            at=as_datetime(self._clock.now_ms()),
            record=value[:KEPT_BYTES],
            record_bytes=len(value),
        )
        partition.write_dead_letter(key, encode(letter))
        self._telemetry.record_refused(bad.reason)


def _not_ended(partition: OwnedPartition, offset: int, planned: Iterable[Planned]) -> Iterable[Planned]:
    """Without what has its outcome, or its row, since before a crash; only the record's other deliveries were lost."""
    ended = partition.position.ended(offset)
    return [one for one in planned if one.action.id not in ended] if ended else planned


def note(partition: OwnedPartition, value: bytes, offset: int, appended_at: int) -> None:
    """Let the horizon know a record of the recent past; one that cannot be read tells it nothing."""
    event = _readable(value)
    if event is not None:
        _note(partition, event, offset, appended_at)


class Recall:
    """After a takeover: lets the horizon know the finished records, in the order of their offsets.

    Beyond the finished prefix only changes are noted, so that an older one that is still open knows that it is late.
    Event ids are not: the open record must not pass for the duplicate of its own duplicate.
    """

    def __init__(self, partition: OwnedPartition) -> None:
        self._partition = partition
        self._first_open = partition.position.next
        self._open_events: set[str] = set()

    def take(self, records: list[RecentRecord]) -> None:
        """The next records."""
        for record in records:
            event = _readable(record.value)
            if event is not None:
                self._take(record, event)

    def _take(self, record: RecentRecord, event: ProfileEvent) -> None:
        partition = self._partition
        if record.offset < self._first_open:
            _note(partition, event, record.offset, record.appended_at)
        elif not partition.position.is_finished(record.offset):
            self._open_events.add(_event_key(event))
        elif event.event_id is None or not (_event_key(event) in self._open_events or _is_known(partition, event)):
            _note_change(partition, event, record.offset, record.appended_at)


def _readable(value: bytes) -> ProfileEvent | None:
    try:
        return decode_event(value)
    except UndecodableRecord:
        return None


def _note(partition: OwnedPartition, event: ProfileEvent, offset: int, appended_at: int) -> None:
    """A duplicate tells nothing new: its place on the topic must not make the change newer than it is."""
    partition.horizon.advance(appended_at)
    if event.event_id is None or not partition.horizon.is_duplicate(_event_key(event), offset):
        _note_change(partition, event, offset, appended_at)


def _note_change(partition: OwnedPartition, event: ProfileEvent, offset: int, appended_at: int) -> None:
    if isinstance(event, MembershipEvent):
        partition.horizon.is_late(membership(event), version_of(event, appended_at, offset))


def _is_known(partition: OwnedPartition, event: ProfileEvent) -> bool:
    return partition.horizon.is_known(_event_key(event))


def _event_key(event: ProfileEvent) -> str:
    return f"{event.workspace}\0{event.profile_id}\0{event.event_id}"
