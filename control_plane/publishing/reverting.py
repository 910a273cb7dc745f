"""Reverting a connector: an earlier version becomes the draft again, and is published as a new one."""

from typing import Any

from connectors.kit.declaration import SettingsModel
from control_plane.access.work import Work
from control_plane.custom_type.types import definition_of, hosts_of
from control_plane.database.models import Connector, Version
from control_plane.publishing.connectors import (
    KIND,
    demand_targets_kept,
    emit_connector,
    published_version,
)
from control_plane.publishing.lookup import actions_of, type_of
from control_plane.publishing.uses import demand_unused, uses_of_action
from control_plane.publishing.versions import Content, add_version, find_version


async def revert_connector(work: Work, connector: Connector, number: int, note: str | None) -> Version:
    """Publish version `number` again; the draft becomes the same. Raises `InUse` when it lacks an action in use."""
    earlier = await find_version(work, KIND, connector.id, number)
    await _demand_actions_kept(work, connector, earlier)
    await demand_targets_kept(work, connector, earlier.snapshot)
    secrets = _secrets_after(work, earlier, await published_version(work, connector))
    await _restore(work, connector, earlier.snapshot)
    connector.secrets = secrets
    version = await add_version(work, KIND, connector.id, Content(earlier.snapshot, secrets), note, number)
    connector.published_version = version.number
    await emit_connector(work, connector)
    return version


def changes_host(model: type[SettingsModel], before: dict[str, Any], after: dict[str, Any]) -> bool:
    """True when these settings would send the secrets to another host."""
    return any(before.get(name) != after.get(name) for name in model.host_fields)


def _secrets_after(work: Work, earlier: Version, published: Version | None) -> dict[str, Any]:
    # The newest secrets are the ones that work, but they must not be sent to a host they were not entered for.
    if published is None or _has_other_host(work, published.snapshot, earlier.snapshot):
        return dict(earlier.secrets)
    known = type_of(work, earlier.snapshot["type"]).settings.secret_fields()
    newest = {name: sealed for name, sealed in published.secrets.items() if name in known}
    return {**earlier.secrets, **newest}


def _has_other_host(work: Work, before: dict[str, Any], after: dict[str, Any]) -> bool:
    hosts = [hosts_of(definition_of(work.types, snapshot["type"])) for snapshot in (before, after)]
    model = type_of(work, after["type"]).settings
    return hosts[0] != hosts[1] or changes_host(model, before["settings"], after["settings"])


async def _demand_actions_kept(work: Work, connector: Connector, earlier: Version) -> None:
    kept = {action["id"] for action in earlier.snapshot["actions"]}
    for action in await actions_of(work, [connector.id], lock=True):
        if action.id not in kept and not action.removed:
            demand_unused(await uses_of_action(work, action.id), f"The action {action.name!r}, which it lacks,")


async def _restore(work: Work, connector: Connector, snapshot: dict[str, Any]) -> None:
    connector.type, connector.name, connector.settings = snapshot["type"], snapshot["name"], snapshot["settings"]
    connector.identifiers, connector.limits = snapshot["identifiers"], snapshot["limits"]
    earlier = {action["id"]: action for action in snapshot["actions"]}
    for action in await actions_of(work, [connector.id]):
        content = earlier.get(action.id)
        was_removed, action.removed = action.removed, content is None
        if content is None or was_removed:
            _silence(action)
        if content is not None:
            for name in ("type", "name", "fields", "mapping", "consent"):
                setattr(action, name, content[name])


def _silence(action: Any) -> None:
    if action.active:
        action.active = False
        action.activation += 1
