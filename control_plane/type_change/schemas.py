"""Changes of an action's type as they come in and go out."""

from typing import Any

from pydantic import BaseModel, Field

from control_plane.action.schemas import ActionRead
from control_plane.errors import Fault
from control_plane.inputs import Input, JsonObject, Key
from control_plane.publishing.versions import PublishWarning


class TypeChange(Input):
    """The type to change to; `fields` and `mapping` fill in what is missing, and replace what carries over."""

    type: Key
    fields: JsonObject = Field(default_factory=dict)
    mapping: JsonObject = Field(default_factory=dict)
    dry_run: bool = Field(default=False, description="Only show what would become of the action.")


class Dropped(BaseModel):
    """Something that the other type has no place for, or does not take."""

    pointer: str
    value: Any
    why: str


class TypeChangeRead(BaseModel):
    """The action as it would be. `missing` must be filled in before it is saved; `action` is there once it has been."""

    type: str
    fields: dict[str, Any]
    mapping: dict[str, Any]
    carried: list[str]
    defaulted: list[str]
    dropped: list[Dropped]
    missing: list[Fault]
    warnings: list[PublishWarning]
    action: ActionRead | None = None
