"""A delivery and how it ends: outcomes, attempts, pending rows, positions and dead letters, with their closed enums."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from connectors.records.profile_event import Change


class OutcomeClass(StrEnum):
    """The single final end of a delivery; the six of the statistics, and `skipped`."""

    SENT = "sent"
    REMOVED = "removed"
    INVALID_CREDENTIALS = "invalid_credentials"
    TIMEOUT = "timeout"
    PARTNER_ERROR = "partner_error"
    OTHER_ERROR = "other_error"
    SKIPPED = "skipped"

    is_error: bool
    """True for the four classes that leave a dead letter."""

    def __init__(self, value: str) -> None:
        self.is_error = value not in ("sent", "removed", "skipped")


class Reason(StrEnum):
    """The stable code behind an outcome or a dead letter: a metric label, an API field, a thing people search for."""

    # skipped
    SUPERSEDED = "superseded"
    DEACTIVATED = "deactivated"
    NO_IDENTIFIER = "no_identifier"
    NO_CONSENT = "no_consent"
    NOT_SUPPORTED = "not_supported"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"
    # errors
    CANNOT_RENDER = "cannot_render"
    MISCONFIGURED = "misconfigured"
    UNREACHABLE = "unreachable"
    INTERNAL_ERROR = "internal_error"
    REJECTED = "rejected"
    THROTTLED = "throttled"
    PARTNER_UNAVAILABLE = "partner_unavailable"
    UNREADABLE_ANSWER = "unreadable_answer"
    UNAUTHORIZED = "unauthorized"
    NO_ANSWER = "no_answer"
    # dead letters of records
    UNDECODABLE = "undecodable"
    UNKNOWN_VERSION = "unknown_version"
    OVERSIZED = "oversized"
    KEYLESS = "keyless"
    KEY_MISMATCH = "key_mismatch"
    UNKNOWN_SOURCE = "unknown_source"


class SourcePosition(msgspec.Struct, frozen=True):
    """Where on `profile-events` the event of a delivery stands."""

    partition: int
    offset: int


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The one terminal end of a delivery (of a run of it, after a replay), written in the transaction of its partition.

    `latency_ms` is the last exchange with the partner; `end_to_end_ms` counts from the event's append to its end.
    """

    v: int
    workspace: str
    delivery_id: str
    profile_id: str
    connector_id: str
    action_id: str
    config_version: int
    outcome: OutcomeClass
    source: SourcePosition
    at: datetime
    run: int = 0
    event_id: str | None = None
    change: Change | None = None
    reason: str | None = None
    partner_code: str | None = None
    http_status: int | None = None
    attempts: int = 0
    latency_ms: int = 0
    end_to_end_ms: int = 0


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One exchange with the partner: failed ones, a sample of the accepted, and those that it says more of.

    Request and response are masked and cut to 4 KiB together. `next_attempt_at` is set while the delivery waits;
    `detail` is for a person, such as how many rows of an accepted batch the partner did not take.
    """

    v: int
    workspace: str
    delivery_id: str
    profile_id: str
    connector_id: str
    action_id: str
    config_version: int
    attempt: int
    verdict: str
    outcome: OutcomeClass
    final: bool
    at: datetime
    source: SourcePosition
    run: int = 0
    event_id: str | None = None
    change: Change | None = None
    reason: str | None = None
    partner_code: str | None = None
    http_status: int | None = None
    latency_ms: int = 0
    rows: int = 1
    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    next_attempt_at: datetime | None = None
    detail: str | None = None


class RowState(StrEnum):
    """Why a delivery is in the pending table: it waits for its turn, or it ended in error and waits for a replay."""

    WAITING = "waiting"
    PARKED = "parked"


class PendingRow(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, array_like=True):
    """A delivery that has not ended, durably kept; what is needed to render it again, never what was rendered.

    `event` is the profile event as it came. `version` orders changes: (milliseconds, source offset). `first_at` and
    `due_at` are unix milliseconds. `config_position` is the offset of `connector-config` that the planner had applied.
    """

    v: int
    delivery_id: str
    connector_id: str
    action_id: str
    version: tuple[int, int]
    appended_at: int
    offset: int
    event: msgspec.Raw
    activation: tuple[int, int]
    config_position: int
    state: RowState = RowState.WAITING
    first_at: int = 0
    due_at: int = 0
    attempts: int = 0
    run: int = 0
    ticket: str | None = None
    batch: str | None = None
    reason: str | None = None


class Position(msgspec.Struct, frozen=True, array_like=True):
    """How far a partition of `profile-events` is finished: every offset below `next`, and `finished` beyond it.

    `finished` is a bitmap: bit `n` stands for the offset `next + 1 + n` (little-endian bits, at most 8,192). `sequence`
    counts the partition's transactions: after a commit whose end is unknown it tells whether it was committed.
    `commands_next` is the next offset of the same partition of `commands` to carry out. `ended` tells of records that
    are not finished which of their deliveries have ended, or wait as rows: by action a bitmap, whose bit `n` stands for
    the offset `next + n`.
    """

    v: int
    next: int
    finished: bytes = b""
    config_position: int = 0
    sequence: int = 0
    commands_next: int = 0
    ended: dict[str, bytes] = {}


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A record that could not be read, or a delivery that ended in error, kept with its reason.

    For a record, `record` holds its bytes as they came (the first 1 MiB) and there is no `delivery_id`. For a delivery
    it is the event, which Kafka appended at `appended_at` (unix milliseconds): what a replay needs.
    """

    v: int
    workspace: str | None
    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    at: datetime
    delivery_id: str | None = None
    profile_id: str | None = None
    connector_id: str | None = None
    action_id: str | None = None
    run: int = 0
    outcome: OutcomeClass | None = None
    partner_code: str | None = None
    record: bytes = b""
    record_bytes: int = 0
    appended_at: int = 0


class CommandKind(StrEnum):
    """What the control plane asks of the owner of a partition."""

    REPLAY = "replay"
    CANCEL = "cancel"


class ReplayItem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A dead letter to send again: what is needed to find its parked row, or to account for it when that is gone.

    `event` is the profile event as it came; a plain event is no state and has no parked row to be found.
    """

    delivery_id: str
    connector_id: str
    action_id: str
    offset: int
    appended_at: int
    event: msgspec.Raw


class Command(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An order to the owner of one partition, written to that partition of `commands`; carried out once.

    `run` is the job's number: the outcomes of its deliveries carry it. A cancelled run starts nothing more.
    """

    v: int
    workspace: str
    job_id: str
    kind: CommandKind
    run: int
    at: datetime
    items: tuple[ReplayItem, ...] = ()


class ConnectorHealth(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How one worker sees a connector: its breaker, its queue, and whether its credentials were refused."""

    breaker: str = "closed"
    credentials_refused: bool = False
    in_flight: int = 0
    pending: int = 0
    reason: str | None = None


class WorkerStatus(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a live worker says of itself every second, key: worker id; a tombstone when it leaves cleanly."""

    v: int
    worker_id: str
    at: datetime
    started_at: datetime
    partitions: tuple[int, ...] = ()
    config_position: int = -1
    applied: dict[str, int] = {}
    in_flight: int = 0
    pending_rows: int = 0
    metrics_url: str | None = None
    connectors: dict[str, ConnectorHealth] = {}
