"""The rules of actions: drafts, targets, activation, removal."""

from collections.abc import Sequence
from typing import Any

from connectors.kit.declaration import ActionType
from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.action.schemas import ActionCreate, ActionRead, ActionUpdate
from control_plane.database.models import Action, Connector
from control_plane.errors import Conflict, Fault, InvalidInput
from control_plane.ids import new_id
from control_plane.preconditions import demand_current
from control_plane.publishing.checks import check_action
from control_plane.publishing.connectors import emit_connector, keeps_target, published_version
from control_plane.publishing.lookup import find_action, find_connector, type_of
from control_plane.publishing.uses import UseRead, demand_unused, uses_of_action

KIND = "action"
_CONTENT = ("type", "name", "fields", "mapping", "consent")


async def create(work: Work, connector_id: str, body: ActionCreate) -> Action:
    """Add an action to a connector's draft; it is deactivated."""
    connector = await find_connector(work, connector_id, lock=True)
    action_type = action_type_for(work, connector, body.type)
    mapping = whole_mapping(action_type, body.mapping)
    _demand_valid(work, connector, action_type, body.fields, mapping)
    action = Action(
        id=new_id("act"),
        workspace=work.workspace,
        connector_id=connector.id,
        type=body.type,
        name=body.name,
        fields=body.fields,
        mapping=mapping,
        consent=body.consent,
        active=False,
        activation=0,
        removed=False,
        created_at=work.now,
        updated_at=work.now,
        updated_by=work.caller.user_id,
    )
    work.session.add(action)
    await work.session.flush()
    record_change(work, "created", KIND, action.id, after=_audited(action))
    return action


async def update(work: Work, action_id: str, body: ActionUpdate, expected: int | None) -> Action:
    """Change the draft, which is in force when it is published. Raises `Conflict` when an action in use would move to
    another list of the partner."""
    connector = await _connector_of(work, action_id)
    action = await find_action(work, action_id, lock=True)
    demand_current(action, expected)
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    content = {**{name: getattr(action, name) for name in _CONTENT}, **given}
    action_type = action_type_for(work, connector, content["type"])
    if "mapping" in given or action_type.key != action.type:
        content["mapping"] = whole_mapping(action_type, given.get("mapping", {}))
    _demand_valid(work, connector, action_type, content["fields"], content["mapping"])
    await _demand_same_target(work, connector, action, content)
    before = _audited(action)
    for name, value in content.items():
        setattr(action, name, value)
    return await _changed(work, action, "updated", before=before, after=_audited(action))


async def set_active(work: Work, action_id: str, *, active: bool) -> Action:
    """Activate or deactivate, at once. Raises `Conflict` while the connector is off, or before a publication."""
    connector = await _connector_of(work, action_id)
    action = await find_action(work, action_id, lock=True)
    if action.active == active:
        return action
    if active and not connector.active:
        raise Conflict("Activate the connector first.", code="connector_deactivated")
    if active and action.id not in await published_ids(work, connector):
        raise Conflict("Publish the connector with this action first.", code="not_published")
    action.active = active
    action.activation += 1
    await _changed(work, action, "activated" if active else "deactivated")
    await emit_connector(work, connector)
    return action


async def remove(work: Work, action_id: str, expected: int | None) -> None:
    """Remove an action that nothing uses, from the draft and from the workers; raises `InUse`."""
    connector = await _connector_of(work, action_id)
    action = await find_action(work, action_id, lock=True)
    demand_current(action, expected)
    demand_unused(await uses_of_action(work, action.id), f"The action {action.name!r}")
    before = _audited(action)
    was_published = action.id in await published_ids(work, connector)
    if action.active:
        action.active = False
        action.activation += 1
    action.removed = True
    await _changed(work, action, "deleted", before=before)
    if was_published:
        await emit_connector(work, connector)


async def uses(work: Work, action_id: str) -> list[UseRead]:
    """Every audience, journey and event feed that holds the action."""
    action = await find_action(work, action_id)
    return await uses_of_action(work, action.id)


async def show_all(work: Work, actions: Sequence[Action]) -> list[ActionRead]:
    """Actions of one connector as answers."""
    if not actions:
        return []
    connector = await find_connector(work, actions[0].connector_id)
    published = await published_ids(work, connector)
    return [_read(work, connector, action, action.id in published) for action in actions]


async def published_ids(work: Work, connector: Connector) -> set[str]:
    """The actions that the published version of a connector holds."""
    version = await published_version(work, connector)
    return set() if version is None else {action["id"] for action in version.snapshot["actions"]}


async def _connector_of(work: Work, action_id: str) -> Connector:
    # The connector is locked before its action, everywhere: so no two requests wait for each other.
    return await find_connector(work, (await find_action(work, action_id)).connector_id, lock=True)


async def _changed(
    work: Work,
    action: Action,
    change: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Action:
    action.updated_at, action.updated_by = work.now, work.caller.user_id
    await work.session.flush()
    record_change(work, change, KIND, action.id, before=before, after=after)
    return action


async def _demand_same_target(work: Work, connector: Connector, action: Action, content: dict[str, Any]) -> None:
    current = {"type": action.type, "fields": action.fields}
    if keeps_target(work, connector.type, current, content):
        return
    found = await uses_of_action(work, action.id)
    published = await _published(work, connector, action)
    # An action may always go back to the target that the workers have.
    if not found or (published is not None and keeps_target(work, connector.type, published, content)):
        return
    raise Conflict(
        f"The action {action.name!r} is in use, so that its target stays. Make a new action.",
        code="target_in_use",
        more={"uses": [use.model_dump(mode="json") for use in found]},
    )


async def _published(work: Work, connector: Connector, action: Action) -> dict[str, Any] | None:
    version = await published_version(work, connector)
    actions = () if version is None else version.snapshot["actions"]
    return next((published for published in actions if published["id"] == action.id), None)


def action_type_for(work: Work, connector: Connector, key: str) -> ActionType:
    """The action type that an action is to have; raises `InvalidInput` when there is none."""
    action_type = type_of(work, connector.type).action(key)
    if action_type is None:
        fault = Fault(pointer="/type", code="unknown_action_type", detail="The connector type has no such action type.")
        raise InvalidInput("The action type is not known.", faults=(fault,))
    return action_type


def whole_mapping(action_type: ActionType, mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping with the defaults of what it leaves out."""
    # Defaults are written down, so that a new release of the connector type does not change what is published.
    return {**action_type.fields.mapped_fields(), **mapping}


def _demand_valid(
    work: Work, connector: Connector, action_type: ActionType, fields: dict[str, Any], mapping: dict[str, Any]
) -> None:
    faults = check_action(action_type, type_of(work, connector.type).settings, fields, mapping)
    if faults:
        raise InvalidInput("The action does not hold; see `errors`.", faults=faults)


def _read(work: Work, connector: Connector, action: Action, published: bool) -> ActionRead:
    type_ = work.types.get(connector.type)
    action_type = None if type_ is None else type_.action(action.type)
    return ActionRead(
        **{name: getattr(action, name) for name in _CONTENT},
        id=action.id,
        connector_id=action.connector_id,
        type_label=action.type if action_type is None else action_type.label,
        on=[] if action_type is None else [change.value for change in action_type.on],
        active=action.active,
        sends=action.active and published and connector.active and not connector.paused,
        published=published,
        activation=action.activation,
        row_version=action.row_version,
        created_at=action.created_at,
        updated_at=action.updated_at,
        updated_by=action.updated_by,
    )


def _audited(action: Action) -> dict[str, Any]:
    return {"connector_id": action.connector_id, **{name: getattr(action, name) for name in _CONTENT}}
