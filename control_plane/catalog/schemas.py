"""Connector types as the API shows them."""

from typing import Any

from pydantic import BaseModel, Field

from control_plane.errors import Fault
from control_plane.inputs import Input, JsonObject, Key


class LinkRead(BaseModel):
    """Something to read on."""

    label: str
    url: str


class PartnerTypeRead(BaseModel):
    """The partner type: its number, and the identifiers that it reads, in order."""

    number: int
    identifiers: list[str]


class ActionTypeRead(BaseModel):
    """One thing that a connector type can do; `fields` and `mapped` are JSON Schemas, `mapping` the default one."""

    key: str
    label: str
    description: str
    on: list[str]
    data_types: list[str]
    batches: bool
    fields: dict[str, Any]
    mapped: dict[str, Any]
    mapping: dict[str, Any]
    target_field: str | None


class ConnectorTypeSummary(BaseModel):
    """A card of the marketplace."""

    key: str
    label: str
    description: str
    delivers: str
    data_types: list[str]
    several: bool
    actions: list[str]


class ConnectorTypeRead(ConnectorTypeSummary):
    """Everything to know before connecting: requirements, settings, actions, what the partner's codes mean."""

    api_version: str
    requirements: list[str]
    prerequisites: list[str]
    resources: list[LinkRead]
    unverified: list[str]
    partner_type: PartnerTypeRead
    settings: dict[str, Any]
    secret_fields: list[str]
    host_fields: list[str]
    limits: dict[str, Any]
    action_types: list[ActionTypeRead]
    codes: dict[str, str]
    error_documentation: str | None


class ActionCheck(Input):
    """An action to be checked with the settings."""

    type: Key
    fields: JsonObject = {}
    mapping: JsonObject = {}


class ValidationRequest(Input):
    """Settings as they stand in a form, with the secrets that were typed in."""

    settings: JsonObject = {}
    secrets: dict[str, str] = Field(default_factory=dict)
    action: ActionCheck | None = None


class ValidationRead(BaseModel):
    """What is wrong, by field."""

    valid: bool
    errors: list[Fault]
