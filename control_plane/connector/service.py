"""The rules of connectors: drafts, secrets, publication, activation, deletion."""

from typing import Any

from connectors.kit.declaration import ConnectorType
from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.connector import repository
from control_plane.connector.schemas import ConnectorCreate, ConnectorUpdate, LimitsInput
from control_plane.custom_type.types import pinned
from control_plane.database.models import Connector, Version
from control_plane.errors import Conflict, Fault, InvalidInput
from control_plane.ids import new_id
from control_plane.preconditions import demand_current
from control_plane.publishing.checks import check_settings
from control_plane.publishing.connectors import KIND, connector_key, emit_connector, publish_connector
from control_plane.publishing.lookup import actions_of, find_connector, type_of
from control_plane.publishing.outbox import emit
from control_plane.publishing.reverting import changes_host, revert_connector
from control_plane.publishing.uses import demand_unused, uses_of_connector
from control_plane.publishing.versions import show_secrets


async def create(work: Work, body: ConnectorCreate) -> Connector:
    """A new draft, deactivated."""
    type_ = work.types.get(body.type)
    if type_ is None:
        fault = Fault(pointer="/type", code="unknown_connector_type", detail="There is no such connector type.")
        raise InvalidInput("The connector type is not known here.", faults=(fault,))
    if not type_.several and await repository.another_of(work, body.type) is not None:
        raise Conflict(f"{type_.label} allows one connector, and there is one already.", code="only_one_allowed")
    given = {name: value for name, value in body.secrets.items() if value is not None}
    _demand_valid(type_, body.settings, given, ())
    connector_id = new_id("con")
    connector = Connector(
        id=connector_id,
        workspace=work.workspace,
        type=pinned(work.types, body.type),
        name=body.name,
        settings=body.settings,
        secrets=_seal(work, connector_id, given),
        identifiers=body.identifiers,
        limits=_limits(body.limits),
        labels=body.labels,
        active=False,
        paused=False,
        activation=0,
        revision=0,
        created_at=work.now,
        updated_at=work.now,
        updated_by=work.caller.user_id,
    )
    work.session.add(connector)
    await work.session.flush()
    record_change(work, "created", KIND, connector_id, after=_audited(connector))
    return connector


async def update(work: Work, connector_id: str, body: ConnectorUpdate, expected: int | None) -> Connector:
    """Change the draft; another host clears the secrets, so that none is sent to where it was not meant for."""
    connector = await find_connector(work, connector_id, lock=True)
    demand_current(connector, expected)
    before, type_ = _audited(connector), type_of(work, connector.type)
    settings = connector.settings if body.settings is None else body.settings
    moved = changes_host(type_.settings, connector.settings, settings)
    kept = {} if moved else {name: value for name, value in connector.secrets.items() if name not in body.secrets}
    given = {name: value for name, value in body.secrets.items() if value is not None}
    _demand_valid(type_, settings, given, kept)
    connector.settings = settings
    connector.secrets = {**kept, **_seal(work, connector.id, given)}
    if body.name is not None:
        connector.name = body.name
    if "identifiers" in body.model_fields_set:
        connector.identifiers = body.identifiers
    if body.limits is not None:
        connector.limits = _limits(body.limits)
    if body.labels is not None:
        connector.labels = body.labels
    return await _changed(work, connector, "updated", before)


async def publish(work: Work, connector_id: str, note: str | None, expected: int | None) -> tuple[Connector, Version]:
    """The draft becomes the next version, and goes to the workers."""
    connector = await find_connector(work, connector_id, lock=True)
    demand_current(connector, expected)
    version = await publish_connector(work, connector, note)
    await _changed(work, connector, "published", None, {"version": version.number, "note": note})
    return connector, version


async def revert(work: Work, connector_id: str, number: int, note: str | None) -> tuple[Connector, Version]:
    """An earlier version becomes draft and next version."""
    connector = await find_connector(work, connector_id, lock=True)
    version = await revert_connector(work, connector, number, note)
    after = {"version": version.number, "reverted_to": number, "note": note}
    await _changed(work, connector, "reverted", None, after)
    return connector, version


async def set_active(work: Work, connector_id: str, *, active: bool) -> Connector:
    """Activate or deactivate, at once; its actions keep their own state. Raises `Conflict` before a publication."""
    connector = await find_connector(work, connector_id, lock=True)
    if connector.active == active:
        return connector
    if active and connector.published_version is None:
        raise Conflict("Publish the connector before it is activated.", code="not_published")
    connector.active = active
    connector.activation += 1
    await emit_connector(work, connector)
    return await _changed(work, connector, "activated" if active else "deactivated", None)


async def set_paused(work: Work, connector_id: str, *, paused: bool) -> Connector:
    """Hold deliveries, or let them go on; at once."""
    connector = await find_connector(work, connector_id, lock=True)
    if connector.paused == paused:
        return connector
    connector.paused = paused
    if not paused:
        connector.resumed_at = int(work.now.timestamp() * 1000)
    await emit_connector(work, connector)
    return await _changed(work, connector, "paused" if paused else "resumed", None)


async def remove(work: Work, connector_id: str, expected: int | None) -> None:
    """Delete it and its actions; raises `InUse`, which names every use."""
    connector = await find_connector(work, connector_id, lock=True)
    demand_current(connector, expected)
    await actions_of(work, [connector.id], lock=True)  # or one could be attached between the check and the removal
    demand_unused(await uses_of_connector(work, connector.id), f"The connector {connector.name!r}")
    if connector.published_version is not None:
        await emit(work.session, work.workspace, connector_key(connector.id), lambda _: None)
    record_change(work, "deleted", KIND, connector.id, before=_audited(connector))
    await repository.remove(work, connector)


async def _changed(
    work: Work, connector: Connector, change: str, before: dict[str, Any] | None, after: dict[str, Any] | None = None
) -> Connector:
    connector.updated_at, connector.updated_by = work.now, work.caller.user_id
    await work.session.flush()
    told = _audited(connector) if before is not None else after
    record_change(work, change, KIND, connector.id, before=before, after=told)
    return connector


def _demand_valid(type_: ConnectorType, settings: dict[str, Any], given: dict[str, str], stored: Any) -> None:
    faults = check_settings(type_.settings, settings, given, stored)
    if faults:
        raise InvalidInput("The settings do not hold; see `errors`.", faults=faults)


def _seal(work: Work, connector_id: str, secrets: dict[str, str]) -> dict[str, Any]:
    return {name: work.parts.sealer.seal(connector_id, name, value) for name, value in secrets.items()}


def _limits(limits: LimitsInput) -> dict[str, Any]:
    return limits.model_dump(exclude_none=True)


def _audited(connector: Connector) -> dict[str, Any]:
    shown = {name: getattr(connector, name) for name in ("type", "name", "settings", "identifiers", "limits", "labels")}
    return {**shown, "secrets": show_secrets(connector.secrets)}
