"""Error groups as they go out."""

from datetime import datetime

from pydantic import BaseModel, Field


class ErrorGroupRead(BaseModel):
    """The same error of one connector: `count` deliveries ended in it, `failed_attempts` are being tried again."""

    connector_id: str
    connector_name: str | None
    outcome: str
    reason: str | None
    partner_code: str | None
    meaning: str | None = Field(description="What the partner's code means.")
    link: str | None = Field(description="Where the partner explains its code.")
    count: int
    failed_attempts: int
    first_seen_at: datetime = Field(description="Within the window; exact where the error itself is kept.")
    last_seen_at: datetime
    action_ids: list[str]
    likely_cause: str
    what_to_do: str


class ErrorGroups(BaseModel):
    """Groups of a window, the most recent first."""

    start: datetime
    end: datetime
    items: list[ErrorGroupRead]
    truncated: bool = Field(description="There are more than the thousand groups shown.")
