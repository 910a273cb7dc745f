"""What the engine holds in memory: a record being worked on, and each delivery that it led to."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from connectors.records.codec import decode_event
from connectors.records.profile_event import Change, ProfileEvent
from stream_workers.core.identity import delivery_id, row_key
from stream_workers.core.versions import Version
from stream_workers.shell.scratch_file import ScratchFile, length_at

if TYPE_CHECKING:
    from stream_workers.engine.connector import Connector
    from stream_workers.engine.partition import OwnedPartition


JOB = b"/job"
"""What the key of a row ends with on the topic while the partner works on it: newer changes then have their own."""


class Taken:
    """A source record while a delivery of it is open. Its bytes are held here or in a scratch file.

    Small on purpose, and without a way back to itself: a worker may have a million of them.
    """

    __slots__ = ("appended_at", "decoded", "file", "held", "mapped", "moment", "offset", "open", "place")

    def __init__(
        self, held: bytes | None, offset: int, appended_at: int, moment: int, decoded: ProfileEvent | None
    ) -> None:
        self.held = held
        self.offset = offset
        self.appended_at = appended_at
        self.moment = moment
        """When the change counts as having happened: the first part of its version."""
        self.decoded = decoded
        self.open = 0
        self.mapped: tuple[str, Any] | None = None
        """What a mapping of this kind has made of the event, while others of the record's deliveries may want it."""
        self.file: ScratchFile | None = None
        self.place = 0

    @property
    def value(self) -> bytes:
        """Its bytes. Raises `ScratchUnreadable`."""
        if self.held is None:
            assert self.file is not None
            self.held = self.file.read(self.place)
        return self.held

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.held) if self.held is not None else length_at(self.place)

    @property
    def version(self) -> Version:
        """Which change of a membership is newer."""
        return (self.moment, self.offset)

    @property
    def event(self) -> ProfileEvent:
        """The event, decoded again on demand."""
        if self.decoded is None:
            self.decoded = decode_event(self.value)
        return self.decoded


class Stage(IntEnum):
    """Where a delivery is: behind others of its lane; ready for a slot, or gathered in a batch; waiting for a time;
    attempted now; with the partner, who works on it; or over."""

    BEHIND = 0
    READY = 1
    WAITING = 2
    RUNNING = 3
    WITH_PARTNER = 4
    OVER = 5


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
        "due_at",
        "durable",
        "first_at",
        "has_row",
        "known_id",
        "lane",
        "made_id",
        "outdated",
        "partition",
        "row_key",
        "run",
        "stage",
        "taken",
        "ticket",
        "void",
    )

    def __init__(  # noqa: PLR0913, PLR0917  # its fields, spelled out: only so are they a C structure when compiled
        self,
        taken: Taken,
        partition: OwnedPartition,
        connector: Connector,
        action_id: str,
        change: Change,
        lane: str,
        known_id: str | None,
        activation: tuple[int, int],
        batched: bool,
        *,
        attempts: int = 0,
        run: int = 0,
        first_at: int = 0,
        due_at: int = 0,
        ticket: str | None = None,
        batch: str | None = None,
        row_key: bytes | None = None,
        durable: bool = False,
    ) -> None:
        self.taken = taken
        self.partition = partition
        self.connector = connector
        self.action_id = action_id
        self.change = change
        self.lane = lane
        self.known_id = known_id
        self.activation = activation
        self.batched = batched
        """The action sends many rows at once: the delivery waits in a batch and not for the head of its lane."""
        self.attempts = attempts
        self.run = run
        self.first_at = first_at
        self.due_at = due_at
        self.ticket = ticket
        self.batch = batch
        self.row_key = row_key
        self.durable = durable
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
        self.made_id = False
        """The known id was made here, and can be made again."""

    @property
    def delivery_id(self) -> str:
        """The same for every attempt of the event through the action."""
        if self.known_id is None:
            self.known_id, self.made_id = self._made_id(), True
        return self.known_id

    @property
    def is_busy(self) -> bool:
        """It is attempted, or with the partner: nothing else of its lane may begin, and it cannot be replaced."""
        return self.stage is Stage.RUNNING or self.stage is Stage.WITH_PARTNER

    def key(self) -> bytes:
        """What it is known by: which membership through which action, or which plain event."""
        if self.row_key is None:
            taken = self.taken
            self.row_key = row_key(taken.event, self.action_id, self.partition.number, taken.offset)
        return self.row_key

    def key_on_topic(self) -> bytes:
        """The key of its pending row as it is now."""
        return self.key() if self.ticket is None else self.key() + JOB

    def rest(self) -> None:
        """It is a row and may wait long: what can be had again is let go of."""
        self.forget_id()
        self.partition.rest(self.taken)

    def forget_id(self) -> None:
        """An id that can be made again need not be kept; that of a row which another version has written may differ."""
        if self.known_id is not None and (self.made_id or self.known_id == self._made_id()):
            self.known_id = None

    def _made_id(self) -> str:
        taken = self.taken
        return delivery_id(taken.event, self.action_id, self.partition.number, taken.offset)
