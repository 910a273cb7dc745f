"""Differences as the API shows them."""

from typing import Any, Literal

from pydantic import BaseModel


class ChangeRead(BaseModel):
    """One difference. Of secrets only the fact is told. A list whose members only moved shows their names in order."""

    pointer: str
    change: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


class DiffRead(BaseModel):
    """What has to change to come from one side to the other."""

    before: str
    after: str
    differs: bool
    changes: list[ChangeRead]
