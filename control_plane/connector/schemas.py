"""Connectors as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from control_plane.bulk import Ids
from control_plane.inputs import Input, JsonObject, Key, Name, Text
from control_plane.publishing.source_schemas import AppliedRead

Secrets = dict[str, Annotated[Text, Field(min_length=1, max_length=16_384)] | None]
Label = Annotated[Text, StringConstraints(min_length=1, max_length=50, strip_whitespace=True)]


def _distinct(labels: list[str]) -> list[str]:
    return sorted(set(labels))


Labels = Annotated[list[Label], Field(max_length=20), AfterValidator(_distinct)]
Identifiers = list[Annotated[Text, Field(min_length=1, max_length=100)]]


class LimitsInput(Input):
    """What may be set otherwise than the connector type has it."""

    timeout_seconds: float | None = Field(default=None, ge=0.5, le=30)
    max_in_flight: int | None = Field(default=None, ge=1, le=10_000)
    requests_per_second: float | None = Field(default=None, gt=0, le=1_000_000)
    rows_per_second: float | None = Field(default=None, gt=0, le=10_000_000)
    batch_max_rows: int | None = Field(default=None, ge=1, le=1_000_000)
    batch_max_age_seconds: float | None = Field(default=None, gt=0, le=86_400)


class ConnectorCreate(Input):
    """A new connector: a draft, deactivated until it is published and activated."""

    type: Key
    name: Name
    settings: JsonObject = Field(default_factory=dict, description="As the connector type's schema says.")
    secrets: Secrets = Field(default_factory=dict, description="Write-only; sealed before they are stored.")
    identifiers: Identifiers | None = Field(default=None, max_length=50, description="Instead of the partner type's.")
    limits: LimitsInput = LimitsInput()
    labels: Labels = Field(default_factory=list, description="Words to find it by; not published.")


class ConnectorUpdate(Input):
    """What is to change of the draft. `settings` are replaced as a whole; a secret that is null is cleared."""

    name: Name | None = None
    settings: JsonObject | None = None
    secrets: Secrets = Field(default_factory=dict)
    identifiers: Identifiers | None = Field(default=None, max_length=50)
    limits: LimitsInput | None = None
    labels: Labels | None = None


Trouble = Literal["credentials_invalid", "breaker_open"]
"""What live workers report of a connector, the gravest first."""


class ActionCounts(BaseModel):
    """How many of a connector's actions are activated."""

    active: int
    total: int


class SecretRead(BaseModel):
    """A secret is never shown; only that it is set."""

    set: Literal[True] = True


class ConnectorRead(BaseModel):
    """A connector: its draft, its operational state, and how far that has come."""

    id: str
    type: str
    type_label: str
    name: str
    settings: dict[str, Any]
    secrets: dict[str, SecretRead]
    identifiers: list[str] | None
    limits: LimitsInput
    labels: list[str]
    active: bool
    paused: bool
    activation: int
    status: Literal["active", "paused", "deactivated"]
    trouble: Trouble | None = None
    favourite: bool = False
    published_version: int | None
    unpublished_changes: bool
    revision: int
    applied: AppliedRead
    actions: ActionCounts
    row_version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


class RecentRead(BaseModel):
    """What was delivered in the last 24 hours, and how much of it failed."""

    sent: int
    removed: int
    errors: int
    error_rate: float | None


class MatchingAction(BaseModel):
    """An action whose name holds a word that was looked for."""

    id: str
    name: str


class ConnectorOverview(ConnectorRead):
    """A connector in the list."""

    last_24_hours: RecentRead
    last_delivery_at: datetime | None
    matching_actions: list[MatchingAction]


class ConnectorBulk(Input):
    """What to do to many connectors."""

    ids: Ids
    operation: Literal["activate", "deactivate", "pause", "resume"]


class ActionState(BaseModel):
    """What an action does now, and why nothing is sent if nothing is."""

    id: str
    name: str
    active: bool
    sends: bool
    trace: str | None


class WorkerConnectorState(BaseModel):
    """How one worker sees the connector."""

    worker_id: str
    applied: bool
    breaker: str
    credentials_refused: bool
    in_flight: int
    pending: int
    reason: str | None


class ConnectorStatus(BaseModel):
    """The state of a connector and of each action, and how each live worker sees it."""

    id: str
    status: Literal["active", "paused", "deactivated"]
    applied: AppliedRead
    actions: list[ActionState]
    workers: list[WorkerConnectorState]
