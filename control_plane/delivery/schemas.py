"""Deliveries, attempts and traces as they go out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from control_plane.dead_letter.schemas import DeadLetterRead


class Trigger(StrEnum):
    """Why an attempt was made."""

    EVENT = "event"
    REPLAY = "replay"


class DeliveryRead(BaseModel):
    """A delivery as its latest attempt left it. `final` is false while another attempt will follow."""

    delivery_id: str
    at: datetime
    profile_id: str
    event_id: str | None
    connector_id: str
    action_id: str
    change: str | None
    outcome: str
    final: bool
    verdict: str
    reason: str | None
    partner_code: str | None
    link: str | None = Field(description="Where the partner explains its code.")
    http_status: int | None
    latency_ms: int
    attempts: int
    trigger: Trigger
    run: int
    config_version: int
    next_attempt_at: datetime | None
    partition: int
    offset: int


class AttemptRead(BaseModel):
    """One exchange with the partner; request and response are masked, and cut to 4 KiB together.

    A viewer is shown neither: both hold values of profiles.
    """

    id: str
    at: datetime
    attempt: int
    trigger: Trigger
    run: int
    config_version: int
    verdict: str
    outcome: str
    final: bool
    reason: str | None
    partner_code: str | None
    http_status: int | None
    latency_ms: int
    rows: int = Field(description="How many deliveries the request carried.")
    next_attempt_at: datetime | None
    detail: str | None = Field(description="What the partner says of it, such as how many rows it did not take.")
    request: dict[str, Any] | None
    response: dict[str, Any] | None


class DeliveryDetail(DeliveryRead):
    """The same with every kept attempt, oldest first, and the dead letters that it left."""

    timeline: list[AttemptRead]
    dead_letters: list[DeadLetterRead]
    redacted: bool


class Stage(StrEnum):
    """A stage that an event passes."""

    RECEIVED = "received"
    REFUSED = "refused"
    ATTEMPTED = "attempted"
    ENDED = "ended"
    DEAD_LETTER = "dead_letter"


class TraceStep(BaseModel):
    """What happened at one moment; `id` is that of the attempt or the dead letter."""

    at: datetime
    stage: Stage
    id: str | None = None
    delivery_id: str | None = None
    connector_id: str | None = None
    action_id: str | None = None
    run: int = 0
    outcome: str | None = None
    reason: str | None = None
    partner_code: str | None = None
    http_status: int | None = None
    detail: str | None = None
    next_attempt_at: datetime | None = None


class Trace(BaseModel):
    """What became of an event, a profile or a delivery, in the order of time. Accepted attempts are kept as samples
    only; that an event was received, and that a delivery went well or was skipped, is known of the newest ones."""

    steps: list[TraceStep]
    deliveries: list[DeliveryRead]
    truncated: bool
    recent_too: bool = Field(description="False when Kafka did not answer: its newest records are missing here.")
