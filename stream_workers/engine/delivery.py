"""What the engine holds in memory: a record being worked on, and each delivery that it led to."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from connectors.records.codec import decode_event
from connectors.records.profile_event import Change, MembershipEvent, ProfileEvent, Source
from stream_workers.core.identity import row_key
from stream_workers.core.versions import Version

if TYPE_CHECKING:
    from stream_workers.engine.connector import Connector
    from stream_workers.engine.partition import OwnedPartition


class Taken:
    """A source record while a delivery of it is open. `value` are its bytes; the event is decoded again on demand."""

    __slots__ = ("appended_at", "offset", "open", "value", "version", "_event", "key")

    def __init__(
        self, value: bytes, offset: int, appended_at: int, version: Version, event: ProfileEvent | None, key: bytes
    ) -> None:
        self.value = value
        self.offset = offset
        self.appended_at = appended_at
        self.version = version
        self.key = key
        self.open = 0
        self._event = event

    @property
    def event(self) -> ProfileEvent:
        """The decoded event."""
        if self._event is None:
            self._event = decode_event(self.value)
        return self._event

    @property
    def source(self) -> Source | None:
        """Where a membership changed; `None` for a plain event, which nothing replaces."""
        event = self.event
        return event.source if isinstance(event, MembershipEvent) else None

    def forget(self) -> None:
        """Keep the bytes only: what waits long should be small."""
        self._event = None


class Stage(IntEnum):
    """Where a delivery is: behind others of its lane, ready for a slot, waiting for a time, attempted now, or over."""

    BEHIND = 0
    READY = 1
    WAITING = 2
    RUNNING = 3
    OVER = 4


class Delivery:
    """One event through one action, from planning to its outcome. Times are unix milliseconds."""

    __slots__ = (
        "action_id",
        "activation",
        "attempts",
        "batch",
        "batched",
        "cancelled",
        "change",
        "connector",
        "delivery_id",
        "due_at",
        "durable",
        "first_at",
        "has_row",
        "lane",
        "outdated",
        "partition",
        "ready_at",
        "row_key",
        "run",
        "stage",
        "taken",
        "ticket",
        "void",
    )

    def __init__(
        self, taken: Taken, partition: OwnedPartition, connector: Connector, action_id: str, change: Change
    ) -> None:
        self.taken = taken
        self.partition = partition
        self.connector = connector
        self.action_id = action_id
        self.change = change
        self.lane = ""
        self.delivery_id = ""
        self.activation = (0, 0)
        self.attempts = 0
        self.run = 0
        self.first_at = 0
        self.due_at = 0
        self.ready_at = 0.0
        self.ticket: str | None = None
        self.batch: str | None = None
        self.batched = False
        """The action sends many rows at once: the delivery waits in a batch and not for the head of its lane."""
        self.row_key: bytes | None = None
        self.durable = False
        """The record's position no longer waits for this delivery: a row of it is (being) committed."""
        self.has_row = False
        """A row of this delivery stands under its key on the `pending` topic, or is about to."""
        self.outdated = False
        """A newer change of the same membership has arrived: the attempt that runs is the last one."""
        self.void = False
        """A newer change has arrived that this action does not deliver: not even the attempt that runs may send."""
        self.cancelled = False
        """The replay that it belongs to was cancelled: the attempt that runs is the last one."""
        self.stage = Stage.BEHIND

    def key(self) -> bytes:
        """The key of the delivery's pending row."""
        if self.row_key is None:
            taken = self.taken
            self.row_key = row_key(taken.event, self.action_id, self.partition.number, taken.offset)
        return self.row_key
