"""Freshness as it goes out."""

import datetime as dt

from pydantic import BaseModel, Field


class FreshnessRead(BaseModel):
    """How far the statistics lag behind what workers have reported."""

    stale: bool
    waiting_since: dt.datetime | None = Field(description="The oldest report that is not counted yet.")
    behind_seconds: float
    trouble: str | None = Field(description="Why this cannot be told now.")
