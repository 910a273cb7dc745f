"""A connector or an action made ready to render: settings checked, secrets opened, mapping compiled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.declaration import ActionType, ConnectorType
from connectors.kit.errors import InvalidSettings
from connectors.kit.mapping import Mapping as FieldMapping
from connectors.kit.mapping import compile_action_mapping
from connectors.kit.masking import Masker
from control_plane.errors import Fault
from control_plane.publishing.checks import check_action, check_settings

MIN_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS = 0.5, 30.0


class NotReady(Exception):
    """The settings or the action do not hold; each fault has its place."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ReadyConnector:
    """A connector that can render; `secrets` are in clear, by the name of their field."""

    type: ConnectorType
    settings: Any = field(repr=False)
    identifiers: tuple[str, ...]
    timeout_seconds: float
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def masker(self) -> Masker:
        """What hides its secrets."""
        return Masker(self.secrets.values())


@dataclass(frozen=True, slots=True)
class ReadyAction:
    """An action that can render; `id` and `name` are empty while it has not been stored."""

    type: ActionType
    fields: Any
    mapping: FieldMapping
    consent: frozenset[str]
    id: str = ""
    name: str = ""


def make_connector(type_: ConnectorType, content: Mapping[str, Any], secrets: Mapping[str, str]) -> ReadyConnector:
    """From the content of a draft or a version and its opened secrets; raises `NotReady`."""
    faults = check_settings(type_.settings, content["settings"], secrets, complete=True)
    if faults:
        raise NotReady(faults)
    timeout = content["limits"].get("timeout_seconds") or type_.limits.timeout_seconds
    return ReadyConnector(
        type_,
        type_.settings.model_validate({**content["settings"], **secrets}),
        tuple(content["identifiers"] or type_.partner_type.identifiers),
        min(max(timeout, MIN_TIMEOUT_SECONDS), MAX_TIMEOUT_SECONDS),
        secrets,
    )


def make_action(type_: ConnectorType, content: Mapping[str, Any]) -> ReadyAction:
    """From the content of a draft or a version; raises `NotReady`."""
    action_type = type_.action(content["type"])
    if action_type is None:
        unknown = Fault(pointer="/type", code="unknown_action_type", detail="The connector type has no such type.")
        raise NotReady((unknown,))
    mapping = {**action_type.fields.mapped_fields(), **content["mapping"]}
    faults = check_action(action_type, type_.settings, content["fields"], mapping)
    if faults:
        raise NotReady(faults)
    try:
        compiled = compile_action_mapping(action_type, content["mapping"], type_.settings)
    except InvalidSettings as error:
        raise NotReady((Fault(pointer="/mapping", code="invalid_mapping", detail=error.detail),)) from error
    return ReadyAction(
        action_type,
        action_type.fields.model_validate(dict(content["fields"])),
        compiled,
        frozenset(content["consent"]),
        content.get("id", ""),
        content.get("name", ""),
    )
