"""What is wrong with settings, fields and mappings, each fault with its place; pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from connectors.kit.declaration import ActionFields, ActionType, SettingsModel
from connectors.kit.mapping import EMPTY, check_mapping
from control_plane.errors import Fault
from control_plane.problems import faults_of, pointer

_STORED = "a secret that is stored already"


def check_settings(
    model: type[SettingsModel],
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    stored: Iterable[str] = (),
    *,
    complete: bool = False,
) -> tuple[Fault, ...]:
    """Faults of settings and of the secrets given with them; those that are `stored` are taken to hold.

    A draft may lack secrets; what is to be published must be `complete`.
    """
    names, stored = set(model.secret_fields()), set(stored) - set(secrets)
    misplaced = [
        Fault(pointer=pointer(("settings", name)), code="is_secret", detail="Secrets go into `secrets`.")
        for name in settings
        if name in names
    ]
    unknown = [
        Fault(pointer=pointer(("secrets", name)), code="unknown_secret", detail="There is no such secret.")
        for name in secrets
        if name not in names
    ]
    if misplaced or unknown:
        return (*misplaced, *unknown)
    errors = _errors(model, {**dict.fromkeys(stored, _STORED), **settings, **secrets})
    kept = [error for error in errors if not _is_excused(error, names, stored, complete)]
    return tuple(
        fault
        for error in kept
        for fault in faults_of([error], "/secrets" if error["loc"] and error["loc"][0] in names else "/settings")
    )


def check_action(
    action_type: ActionType, settings: type[SettingsModel], fields: Mapping[str, Any], mapping: Mapping[str, Any]
) -> tuple[Fault, ...]:
    """Faults of an action's constant fields and of its mapping; those of a mapping leaf have line and column."""
    mapped = action_type.fields.mapped_fields()
    misplaced = [
        Fault(pointer=pointer(("fields", name)), code="is_mapped", detail="This field is filled by the mapping.")
        for name in fields
        if name in mapped
    ]
    unknown = [
        Fault(pointer=pointer(("mapping", name)), code="unknown_field", detail="There is no such field to map.")
        for name in mapping
        if name not in mapped
    ]
    constant = {name: value for name, value in fields.items() if name not in mapped}
    wrong = faults_of(_errors(action_type.fields, constant), "/fields")
    return (*misplaced, *unknown, *wrong, *_missing(action_type.fields, mapping), *_mapping_faults(mapping, settings))


def _missing(fields: type[ActionFields], mapping: Mapping[str, Any]) -> Iterable[Fault]:
    for name in fields.required_fields():
        if mapping.get(name) in EMPTY:
            yield Fault(pointer=pointer(("mapping", name)), code="missing", detail="This field must be mapped.")


def check_mapping_alone(mapping: Mapping[str, Any], settings: type[SettingsModel] | None) -> tuple[Fault, ...]:
    """Faults of a mapping whose action is not known; without `settings`, any setting may be read."""
    return tuple(_mapping_faults(mapping, settings))


def _mapping_faults(mapping: Mapping[str, Any], settings: type[SettingsModel] | None) -> Iterable[Fault]:
    for problem in check_mapping(dict(mapping), None if settings is None else settings.visible_fields()):
        yield Fault(
            pointer=f"/mapping{problem.pointer}",
            code="invalid_mapping",
            detail=problem.message,
            line=problem.line,
            column=problem.column,
        )


def _errors(model: type[BaseModel], values: Mapping[str, Any]) -> list[Any]:
    try:
        model.model_validate(dict(values))
    except ValidationError as error:
        return list(error.errors(include_input=False, include_url=False, include_context=False))
    return []


def _is_excused(error: Any, secrets: set[str], stored: set[str], complete: bool) -> bool:
    place = error["loc"][0] if error["loc"] else None
    if place in stored:
        return True
    return not complete and place in secrets and error["type"] == "missing"
