"""Alerts as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, field_validator

from connectors.kit.standard_webhooks import signing_key
from control_plane.inputs import Input, Name, Text

Id = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,64}$")]


def _address(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


class CredentialsRefused(Input):
    """The partner refuses the connector's credentials, as a worker sees it."""

    kind: Literal["credentials_refused"]


class BreakerOpen(Input):
    """A worker has stopped calling the partner for a while, since most calls failed."""

    kind: Literal["breaker_open"]


class ErrorRate(Input):
    """More than `percent` of what was tried in the last 15 minutes failed; of fewer than `minimum` nothing is said."""

    kind: Literal["error_rate"]
    percent: float = Field(gt=0, le=100)
    minimum: int = Field(default=20, ge=1, le=1_000_000)


class NothingSent(Input):
    """An active connector has delivered nothing for so many hours."""

    kind: Literal["nothing_sent"]
    hours: float = Field(gt=0, le=24 * 30)


class WebhookChannel(Input):
    """A request to a web address; it is signed (Standard Webhooks) when the alert has a `secret`."""

    kind: Literal["webhook"]
    url: Annotated[Text, StringConstraints(min_length=8, max_length=2000, pattern="^https?://")]


class EmailChannel(Input):
    """A message by e-mail; the operator must have set up a mail server."""

    kind: Literal["email"]
    to: list[Annotated[Text, AfterValidator(_address)]] = Field(min_length=1, max_length=20)


Condition = Annotated[CredentialsRefused | BreakerOpen | ErrorRate | NothingSent, Field(discriminator="kind")]
Channel = Annotated[WebhookChannel | EmailChannel, Field(discriminator="kind")]


class AlertCreate(Input):
    """Whom to tell when what happens, to one connector or to any."""

    name: Name
    condition: Condition
    channel: Channel
    connector_id: Id | None = None
    active: bool = True
    secret: Annotated[Text, StringConstraints(max_length=200)] | None = Field(
        default=None, description="A signing secret, `whsec_…`; it is never shown again."
    )

    @field_validator("secret")
    @classmethod
    def is_a_key(cls, value: str | None) -> str | None:
        """It must be base64 of 24 to 64 bytes."""
        if value is not None:
            signing_key(value)
        return value


class AlertUpdate(AlertCreate):
    """The whole alert anew; without `secret` the stored one stays. What it knew of connectors is forgotten."""


class FiringRead(BaseModel):
    """A connector for which the condition holds."""

    connector_id: str
    since: datetime
    detail: str


class AlertRead(BaseModel):
    """An alert, and where it holds now."""

    id: str
    name: str
    active: bool
    connector_id: str | None
    condition: Condition
    channel: Channel
    has_secret: bool
    firing: list[FiringRead]
    created_at: datetime
    updated_at: datetime
    updated_by: str


class AlertTestRead(BaseModel):
    """What came of a test message; `trouble` says why it was not taken."""

    message_id: str
    taken: bool
    trouble: str | None


class AlertMessageRead(BaseModel):
    """A change of state as it was told; `due_at` is the next try, and null when it was taken or given up."""

    id: str
    created_at: datetime
    sent_at: datetime | None
    due_at: datetime | None
    tries: int
    trouble: str | None
    body: dict[str, Any]
