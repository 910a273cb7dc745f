"""Actions as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from control_plane.bulk import Ids
from control_plane.inputs import Input, JsonObject, Key, Name, Text

Consent = list[Annotated[Text, Field(min_length=1, max_length=200)]]


class ActionCreate(Input):
    """A new action of a connector: part of its draft, and deactivated."""

    type: Key
    name: Name
    fields: JsonObject = Field(default_factory=dict, description="The constant fields, the same for every event.")
    mapping: JsonObject = Field(
        default_factory=dict, description="How fields are filled for each event; what is left out keeps its default."
    )
    consent: Consent = Field(default_factory=list, max_length=50, description="Categories that an addition requires.")


class ActionUpdate(Input):
    """What is to change of the draft; `fields`, `mapping` and `consent` are replaced as a whole."""

    type: Key | None = None
    name: Name | None = None
    fields: JsonObject | None = None
    mapping: JsonObject | None = None
    consent: Consent | None = Field(default=None, max_length=50)


class ActionBulk(Input):
    """What to do to many actions."""

    ids: Ids
    operation: Literal["activate", "deactivate"]


class ActionRead(BaseModel):
    """An action: its draft, and its operational state. `sends` is false while its connector is off."""

    id: str
    connector_id: str
    type: str
    type_label: str
    name: str
    fields: dict[str, Any]
    mapping: dict[str, Any]
    consent: list[str]
    on: list[str]
    active: bool
    sends: bool
    published: bool
    activation: int
    row_version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
