"""What an editor can offer: attributes with their types and sample values, functions with their signatures."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.kit.declaration import ConnectorType
from connectors.kit.identifiers import ADDRESS, IDENTIFIERS
from connectors.kit.mapping import editor_data
from connectors.records.profile_event import MembershipEvent, ProfileEvent
from control_plane.editor.schemas import AttributeRead, FunctionRead, MappingChecked, MappingLanguage
from control_plane.publishing.checks import check_action, check_mapping_alone
from control_plane.sample.service import type_name

MAX_PATHS = 500
MAX_DEPTH = 3
MAX_TEXT = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def describe(type_: ConnectorType | None, events: Iterable[ProfileEvent], *, values: bool) -> MappingLanguage:
    """The language as these events show it; without `values` their types only."""
    found = _seen(list(events))
    told = {attribute["path"]: AttributeRead(**attribute) for attribute in editor_data()["attributes"]}
    for name, identifier in IDENTIFIERS.items():
        if name == ADDRESS:
            continue  # made of attributes
        path = f"profile.identifiers.{name}"
        told[path] = AttributeRead(path=path, description=f"{identifier.label}. {identifier.description}")
    for path in found:
        told.setdefault(path, AttributeRead(path=path, description="Seen in recent events."))
    if type_ is not None:
        told |= {attribute.path: attribute for attribute in _settings_of(type_)}
    attributes = [_with_sample(attribute, found, values) for attribute in told.values()]
    functions = [FunctionRead(**function) for function in editor_data()["functions"]]
    return MappingLanguage(attributes=attributes, functions=functions)


def check(type_: ConnectorType | None, action_type: str | None, mapping: dict[str, Any]) -> MappingChecked:
    """What is wrong with a mapping; with both types known, also which fields are unknown or missing."""
    known = None if type_ is None or action_type is None else type_.action(action_type)
    if known is None or type_ is None:
        faults = check_mapping_alone(mapping, None if type_ is None else type_.settings)
    else:
        faults = check_action(known, type_.settings, {}, {**known.fields.mapped_fields(), **mapping})
    errors = [
        fault.model_copy(update={"pointer": fault.pointer.removeprefix("/mapping")})
        for fault in faults
        if fault.pointer.startswith("/mapping")
    ]
    return MappingChecked(valid=not errors, errors=errors)


def _settings_of(type_: ConnectorType) -> Iterator[AttributeRead]:
    for name in type_.settings.visible_fields():
        info = type_.settings.model_fields[name]
        description = f"{info.title or name}. {info.description or ''}".strip()
        yield AttributeRead(path=f"settings.{name}", description=description)


def _seen(events: list[ProfileEvent]) -> dict[str, Any]:
    """The paths that these events have, each with the first value that is one."""
    found: dict[str, Any] = {}
    for event in events:
        for path, value in _paths(_roots(event)):
            if found.get(path) is None and (path in found or len(found) < MAX_PATHS):
                found[path] = value
    return found


def _roots(event: ProfileEvent) -> dict[str, Any]:
    about = {"id": event.event_id, "change": event.change.value, "occurred_at": event.occurred_at.isoformat()}
    profile = {"id": event.profile_id, "identifiers": event.identifiers, "attributes": event.attributes}
    if isinstance(event, MembershipEvent):
        source = {"kind": event.source.kind.value, "id": event.source.id, "step": event.source.step}
        return {"profile": profile, "event": about, "source": source}
    return {"profile": profile, "event": {**about, "name": event.name, "properties": event.properties}}


def _paths(tree: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        step = f".{name}" if _NAME.fullmatch(name) else f'["{name}"]' if '"' not in name else f"['{name}']"
        path = f"{before}{step}".removeprefix(".")
        if depth:
            yield path, value
        if isinstance(value, Mapping) and depth <= MAX_DEPTH:
            yield from _paths(value, path, depth + 1)


def _with_sample(attribute: AttributeRead, found: Mapping[str, Any], values: bool) -> AttributeRead:
    value = found.get(attribute.path)
    if value is None:
        return attribute
    told: dict[str, Any] = {"type": type_name(value)}
    if values and not isinstance(value, (dict, list)):
        told["sample"] = value[:MAX_TEXT] if isinstance(value, str) else value
    return attribute.model_copy(update=told)
