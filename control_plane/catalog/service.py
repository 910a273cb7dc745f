"""Reads connector types from the registry; there is nothing to store."""

from typing import Any

from connectors.kit.declaration import ActionType, ConnectorType, Summary
from connectors.kit.registry import Registry
from connectors.records.profile_event import Change
from control_plane.catalog.schemas import (
    ActionTypeRead,
    ConnectorTypeRead,
    ConnectorTypeSummary,
    LinkRead,
    PartnerTypeRead,
    ValidationRead,
    ValidationRequest,
)
from control_plane.errors import Fault, NotFound
from control_plane.publishing.checks import check_action, check_settings

_DATA_TYPES = {
    Change.JOINED: "audience",
    Change.LEFT: "audience",
    Change.ENTERED: "journey",
    Change.EXITED: "journey",
    Change.OCCURRED: "event",
}


def find_type(registry: Registry, key: str) -> ConnectorType:
    """The connector type; raises `NotFound`."""
    type_ = registry.get(key)
    if type_ is None:
        raise NotFound(f"There is no connector type {key}.")
    return type_


def list_types(registry: Registry) -> list[ConnectorTypeSummary]:
    """The marketplace, by label."""
    return sorted((summarise(type_) for type_ in registry), key=lambda summary: summary.label.casefold())


def summarise(type_: ConnectorType) -> ConnectorTypeSummary:
    """The card of a connector type."""
    return ConnectorTypeSummary(
        key=type_.key,
        label=type_.label,
        description=type_.summary.description,
        delivers=type_.delivers.value,
        data_types=sorted({name for action in type_.actions for name in _data_types(action)}),
        several=type_.several,
        actions=[action.label for action in type_.actions],
    )


def show_type(type_: ConnectorType) -> ConnectorTypeRead:
    """Everything to know about a connector type."""
    return ConnectorTypeRead(
        **summarise(type_).model_dump(),
        **_told(type_.summary),
        api_version=type_.api_version,
        partner_type=PartnerTypeRead(
            number=type_.partner_type.number, identifiers=list(type_.partner_type.identifiers)
        ),
        settings=type_.settings.model_json_schema(),
        secret_fields=list(type_.settings.secret_fields()),
        host_fields=list(type_.settings.host_fields),
        limits={name: getattr(type_.limits, name) for name in type_.limits.__dataclass_fields__},
        action_types=[_show_action(action) for action in type_.actions],
        codes=dict(type_.codes),
        error_documentation=type_.error_documentation,
    )


def validate(type_: ConnectorType, request: ValidationRequest) -> ValidationRead:
    """What is wrong with a form, by field."""
    faults = list(check_settings(type_.settings, request.settings, request.secrets, complete=True))
    if request.action is not None:
        action_type = type_.action(request.action.type)
        if action_type is None:
            faults.append(Fault(pointer="/action/type", code="unknown_action_type", detail="No such action type."))
        else:
            mapping = {**action_type.fields.mapped_fields(), **request.action.mapping}
            found = check_action(action_type, type_.settings, request.action.fields, mapping)
            faults.extend(fault.model_copy(update={"pointer": f"/action{fault.pointer}"}) for fault in found)
    return ValidationRead(valid=not faults, errors=faults)


def _show_action(action: ActionType) -> ActionTypeRead:
    schema = action.fields.model_json_schema()
    mapping = action.fields.mapped_fields()
    properties = schema.pop("properties", {})
    mapped = {"type": "object", "properties": {name: properties.pop(name) for name in mapping}}
    return ActionTypeRead(
        key=action.key,
        label=action.label,
        description=action.description,
        on=[change.value for change in action.on],
        data_types=_data_types(action),
        batches=action.batch is not None,
        fields={**schema, "properties": properties},
        mapped=mapped,
        mapping=mapping,
        target_field=action.fields.target_field,
    )


def _data_types(action: ActionType) -> list[str]:
    return sorted({_DATA_TYPES[change] for change in action.on})


def _told(summary: Summary) -> dict[str, Any]:
    return {
        "requirements": list(summary.requirements),
        "prerequisites": list(summary.prerequisites),
        "resources": [LinkRead(label=label, url=url) for label, url in summary.resources],
        "unverified": list(summary.unverified),
    }
