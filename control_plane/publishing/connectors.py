"""Publishing a connector with its actions, and emitting its record whenever anything about it moves."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.kit.custom import CUSTOM
from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import ActionConfig, ConnectorConfig, LimitsConfig
from control_plane.access.work import Work
from control_plane.custom_type.types import definition_of
from control_plane.database.models import Action, Connector, Version
from control_plane.errors import Conflict, Fault
from control_plane.publishing.checks import check_action, check_settings
from control_plane.publishing.lookup import action_type_of, actions_of, type_of
from control_plane.publishing.outbox import emit
from control_plane.publishing.uses import uses_of_action
from control_plane.publishing.versions import Content, add_version, current_versions

KIND = "connector"


def connector_key(connector_id: str) -> str:
    """The key of its config record."""
    return f"{KIND}:{connector_id}"


def draft_of(connector: Connector, actions: Sequence[Action]) -> dict[str, Any]:
    """What would be published now."""
    return {
        "type": connector.type,
        "name": connector.name,
        "settings": connector.settings,
        "identifiers": connector.identifiers,
        "limits": connector.limits,
        "actions": [
            {
                "id": action.id,
                "type": action.type,
                "name": action.name,
                "fields": action.fields,
                "mapping": action.mapping,
                "consent": action.consent,
            }
            for action in actions
            if not action.removed
        ],
    }


def differs(connector: Connector, actions: Sequence[Action], published: Version | None) -> bool:
    """True when publishing would change something."""
    if published is None:
        return True
    return published.snapshot != draft_of(connector, actions) or published.secrets != connector.secrets


async def publish_connector(work: Work, connector: Connector, note: str | None) -> Version:
    """Make the draft the next version and send it out; raises `Conflict` when it is not complete."""
    actions = await actions_of(work, [connector.id], lock=True)
    snapshot = draft_of(connector, actions)
    _demand_complete(work, connector, actions)
    await demand_targets_kept(work, connector, snapshot)
    version = await add_version(work, KIND, connector.id, Content(snapshot, connector.secrets), note)
    connector.published_version = version.number
    await emit_connector(work, connector)
    return version


async def emit_connector(work: Work, connector: Connector) -> None:
    """Send out what is published, with the activation state as it is now."""
    await work.session.flush()
    version = await published_version(work, connector)
    if version is None:
        return
    states = {action.id: action for action in await actions_of(work, [connector.id])}

    definition = definition_of(work.types, version.snapshot["type"])

    def build(revision: int) -> ConnectorConfig:
        return _record(connector, version, states, revision, definition)

    connector.revision = await emit(work.session, work.workspace, connector_key(connector.id), build)


async def published_version(work: Work, connector: Connector) -> Version | None:
    """The version that the workers have."""
    found = await current_versions(work, KIND, [(connector.id, connector.published_version)])
    return found.get(connector.id)


async def demand_targets_kept(work: Work, connector: Connector, snapshot: Mapping[str, Any]) -> None:
    """Raises `Conflict` when publishing this would point an action that is in use at another list of the partner."""
    published = await published_version(work, connector)
    if published is None:
        return
    before = {action["id"]: action for action in published.snapshot["actions"]}
    for action in snapshot["actions"]:
        if keeps_target(work, connector.type, before.get(action["id"], action), action):
            continue
        uses = [use for use in await uses_of_action(work, action["id"]) if use.in_published]
        if uses:
            raise Conflict(
                f"The action {action['name']!r} is in use, and would send to another target. Make a new action.",
                code="target_in_use",
                more={"uses": [use.model_dump(mode="json") for use in uses]},
            )


def keeps_target(work: Work, connector_type: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True when both send to the same list of the partner, or when a change of type left one of them without any."""
    targets = (target_of(work, connector_type, before), target_of(work, connector_type, after))
    return targets[0] == targets[1] or (before["type"] != after["type"] and None in targets)


def target_of(work: Work, connector_type: str, action: Mapping[str, Any]) -> Any:
    """What the action's target field holds; `None` when its type has none."""
    name = action_type_of(work, connector_type, action["type"]).fields.target_field
    return None if name is None else action["fields"].get(name)


def _demand_complete(work: Work, connector: Connector, actions: Sequence[Action]) -> None:
    type_ = type_of(work, connector.type)
    faults = list(check_settings(type_.settings, connector.settings, {}, connector.secrets, complete=True))
    for action in (action for action in actions if not action.removed):
        action_type = action_type_of(work, connector.type, action.type)
        found = check_action(action_type, type_.settings, action.fields, action.mapping)
        faults.extend(_within(action, fault) for fault in found)
    if faults:
        raise Conflict("The draft is not complete; see `errors`.", code="incomplete", faults=tuple(faults))


def _within(action: Action, fault: Fault) -> Fault:
    return fault.model_copy(update={"pointer": f"/actions/{action.id}{fault.pointer}"})


def _record(
    connector: Connector,
    version: Version,
    states: Mapping[str, Action],
    revision: int,
    definition: dict[str, Any] | None,
) -> ConnectorConfig:
    snapshot = version.snapshot
    return ConnectorConfig(
        v=SCHEMA_VERSION,
        workspace=connector.workspace,
        id=connector.id,
        type=snapshot["type"] if definition is None else CUSTOM,
        definition=definition,
        name=snapshot["name"],
        version=version.number,
        revision=revision,
        active=connector.active,
        activation=connector.activation,
        paused=connector.paused,
        resumed_at=connector.resumed_at,
        settings=snapshot["settings"],
        secrets=version.secrets,
        identifiers=None if snapshot["identifiers"] is None else tuple(snapshot["identifiers"]),
        limits=LimitsConfig(**snapshot["limits"]),
        actions=tuple(
            _action_record(action, states[action["id"]])
            for action in snapshot["actions"]
            if not states[action["id"]].removed
        ),
    )


def _action_record(published: Mapping[str, Any], state: Action) -> ActionConfig:
    return ActionConfig(
        id=state.id,
        type=published["type"],
        name=published["name"],
        active=state.active,
        activation=state.activation,
        fields=published["fields"],
        mapping=published["mapping"],
        consent=tuple(published["consent"]),
    )
