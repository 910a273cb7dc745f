"""Reusing an action's configuration for another type of its connector: what carries over, is dropped, is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.kit.declaration import ActionType, ConnectorType
from control_plane.access.work import Work
from control_plane.action import service
from control_plane.action.schemas import ActionUpdate
from control_plane.database.models import Action
from control_plane.preconditions import demand_current
from control_plane.publishing.checks import check_action
from control_plane.publishing.lookup import find_action, find_connector, type_of
from control_plane.publishing.uses import listens_to, uses_of_action
from control_plane.publishing.versions import PublishWarning
from control_plane.type_change.schemas import Dropped, TypeChange, TypeChangeRead


@dataclass(frozen=True, slots=True)
class _Carried:
    fields: dict[str, Any]
    mapping: dict[str, Any]
    dropped: list[Dropped]


async def change_type(work: Work, action_id: str, body: TypeChange, expected: int | None) -> TypeChangeRead:
    """Show it, or save it as the draft, which is in force when it is published. Raises `InvalidInput` or `Conflict`."""
    action = await find_action(work, action_id)
    connector = await find_connector(work, action.connector_id)
    demand_current(action, expected)
    type_, new = type_of(work, connector.type), service.action_type_for(work, connector, body.type)
    carried = _carry(type_, new, action)
    fields, mapping = {**carried.fields, **body.fields}, {**carried.mapping, **body.mapping}
    plan = TypeChangeRead(
        type=new.key,
        fields=fields,
        mapping=service.whole_mapping(new, mapping),
        carried=[f"/fields/{name}" for name in carried.fields] + [f"/mapping/{name}" for name in carried.mapping],
        defaulted=[f"/mapping/{name}" for name in new.fields.mapped_fields() if name not in mapping],
        dropped=carried.dropped,
        missing=list(check_action(new, type_.settings, fields, service.whole_mapping(new, mapping))),
        warnings=await _warnings(work, type_, action, new),
    )
    if body.dry_run:
        return plan
    changed = await service.update(
        work, action_id, ActionUpdate(type=new.key, fields=fields, mapping=plan.mapping), expected
    )
    return plan.model_copy(update={"action": (await service.show_all(work, [changed]))[0]})


def _carry(type_: ConnectorType, new: ActionType, action: Action) -> _Carried:
    mapped = new.fields.mapped_fields()
    known = set(new.fields.model_fields) - set(mapped)
    fields = {name: value for name, value in action.fields.items() if name in known}
    mapping = {name: value for name, value in action.mapping.items() if name in mapped}
    refused = _refused(type_, new, fields, mapping)
    dropped = [
        *_dropped("fields", action.fields, known, refused),
        *_dropped("mapping", action.mapping, set(mapped), refused),
    ]
    fields = {name: value for name, value in fields.items() if f"/fields/{name}" not in refused}
    mapping = {name: value for name, value in mapping.items() if f"/mapping/{name}" not in refused}
    return _Carried(fields, mapping, dropped)


def _refused(
    type_: ConnectorType, new: ActionType, fields: Mapping[str, Any], mapping: Mapping[str, Any]
) -> dict[str, str]:
    """Why values do not hold in the new type, by the pointer of the field that they are in."""
    faults = check_action(new, type_.settings, fields, service.whole_mapping(new, dict(mapping)))
    return {"/".join(fault.pointer.split("/")[:3]): fault.detail for fault in faults}


def _dropped(place: str, values: Mapping[str, Any], known: set[str], refused: Mapping[str, str]) -> list[Dropped]:
    found = []
    for name, value in values.items():
        pointer = f"/{place}/{name}"
        why = refused.get(pointer) if name in known else "The other type has no such field."
        if why is not None:
            found.append(Dropped(pointer=pointer, value=value, why=why))
    return found


async def _warnings(work: Work, type_: ConnectorType, action: Action, new: ActionType) -> list[PublishWarning]:
    warnings = []
    old = type_.action(action.type)
    left_behind = None if old is None or old.fields.target_field is None else action.fields.get(old.fields.target_field)
    if left_behind is not None and new.fields.target_field is None:
        detail = f"Profiles that are on {left_behind!r} at the partner stay there: the other type has no such target."
        warnings.append(PublishWarning(code="target_left_behind", detail=detail))
    for use in await uses_of_action(work, action.id):
        lost = sorted(await listens_to(work, use) - {change.value for change in new.on})
        if lost:
            detail = f"The {use.kind} {use.name!r} listens to {', '.join(lost)}, for which nothing will be sent."
            warnings.append(PublishWarning(code="not_supported", detail=detail))
    return warnings
