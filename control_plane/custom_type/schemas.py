"""Custom connector types as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from control_plane.catalog.schemas import ConnectorTypeRead
from control_plane.connection_test.schemas import SettingsTest
from control_plane.errors import Fault
from control_plane.inputs import Input, JsonObject, Note, Text


class CustomTypeInput(Input):
    """A definition as a whole; its `revision` is counted here, and its `key` stays what it was made with."""

    definition: JsonObject
    note: Note | None = Field(default=None, description="Why it was changed; shown in the history.")


class CustomTypeFile(Input):
    """A definition as one file, in YAML or JSON."""

    file: Annotated[Text, Field(max_length=256 * 1024)]
    note: Note | None = None


class DefinitionCheck(Input):
    """A definition to check, without storing it."""

    definition: JsonObject


class DefinitionTest(SettingsTest):
    """A definition to try on its partner, with settings, without storing anything."""

    definition: JsonObject


class DefinitionChecked(BaseModel):
    """What is wrong with a definition first, with its place; and the connector type that one which holds makes."""

    valid: bool
    errors: list[Fault]
    type: ConnectorTypeRead | None = None


class CustomTypeRead(BaseModel):
    """A custom type: its newest definition, and the key under which connectors are made of it."""

    id: str
    type: str
    key: str
    label: str
    revision: int
    definition: dict[str, Any]
    connectors: int
    row_version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


class TakeRevision(Input):
    """Which revision of its type a connector is to use; the newest when left out."""

    revision: int | None = Field(default=None, ge=1, le=2**31 - 1)
