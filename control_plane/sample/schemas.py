"""Samples as they come in and go out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from control_plane.inputs import Input, Key


class SampleRead(BaseModel):
    """An event in the form of the topic. Of a viewer's, every value of the profile is replaced by its type."""

    id: str
    at: datetime
    example: bool
    event: dict[str, Any]


class SamplesRead(BaseModel):
    """The newest events that fit, out of the newest `searched` records; `trouble` says why none could be read."""

    items: list[SampleRead]
    searched: int
    redacted: bool
    trouble: str | None = None


SourceName = Literal["audience", "journey", "feed"]


class SampleChoice(Input):
    """Which recent events: of one source, or of those that an action is attached to."""

    kind: SourceName | None = None
    id: Key | None = Field(default=None, description="The id of the audience, journey or event feed.")
    limit: int = Field(default=5, ge=1, le=50)
