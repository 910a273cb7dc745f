"""Dead letters as they go out."""

from datetime import datetime

from pydantic import BaseModel, Field


class DeadLetterRead(BaseModel):
    """A record that could not be read, or a delivery that ended in error. Place and topic are those of its event."""

    id: str
    at: datetime
    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    connector_id: str | None
    action_id: str | None
    delivery_id: str | None
    profile_id: str | None
    event_id: str | None
    change: str | None
    outcome: str | None
    partner_code: str | None
    link: str | None = Field(description="Where the partner explains its code.")
    run: int = Field(description="0, or the number of the job whose replay ended here.")
    replayable: bool = Field(description="A delivery whose event is kept; records that cannot be read are not.")
    replayed_by: str | None = Field(description="The job that has sent it again.")
    record_bytes: int


class DeadLetterDetail(DeadLetterRead):
    """The same with its record, as text; bytes that are no UTF-8 are shown as replacement characters.

    Of a viewer's, every value of the profile is replaced by its type.
    """

    record: str | None = Field(description="A viewer sees none that cannot be read: nobody knows what it holds.")
    record_truncated: bool
    redacted: bool


class ReasonCount(BaseModel):
    """So many dead letters for a reason; `waiting` of them can be replayed and have not been yet."""

    reason: str
    connector_id: str | None
    count: int
    waiting: int
    oldest_at: datetime
    newest_at: datetime


class DeadLetterCounts(BaseModel):
    """Dead letters by reason and connector, most frequent first."""

    total: int
    waiting: int
    reasons: list[ReasonCount]
