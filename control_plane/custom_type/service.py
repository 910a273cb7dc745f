"""The rules of custom connector types: every saved definition holds, and is a revision that never changes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from connectors.kit.custom import build_type
from connectors.kit.custom_definition import (
    CustomDefinition,
    InvalidDefinition,
    dump_definition,
    load_definition,
    read_definition,
)
from connectors.kit.declaration import ConnectorType
from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.custom_type.schemas import CustomTypeRead
from control_plane.custom_type.types import KIND, PREFIX, definition_of, hosts_of, pinned
from control_plane.database.locking import locked
from control_plane.database.models import Connector, CustomType
from control_plane.errors import Conflict, Fault, InUse, InvalidInput, NotFound
from control_plane.ids import new_id
from control_plane.inputs import bounded
from control_plane.preconditions import demand_current
from control_plane.publishing.connectors import KIND as CONNECTOR
from control_plane.publishing.lookup import find_connector
from control_plane.publishing.versions import Content, add_version, find_version

MAX_KEY = 40
"""So long that a connector's type still fits its column, with the revision behind it."""


def build(definition: Mapping[str, Any], pointer: str = "/definition") -> ConnectorType:
    """The type of a definition; raises `InvalidInput` with the place of the first thing that does not hold."""
    try:
        built = build_type(definition)
    except InvalidDefinition as error:
        fault = Fault(pointer=pointer + error.pointer, code="invalid_definition", detail=error.problem)
        raise InvalidInput("The definition does not hold; see `errors`.", faults=(fault,)) from error
    if len(built.key) > MAX_KEY:
        fault = Fault(pointer=f"{pointer}/key", code="too_long", detail=f"At most {MAX_KEY} characters.")
        raise InvalidInput("The definition does not hold; see `errors`.", faults=(fault,))
    return built


async def create(work: Work, definition: Mapping[str, Any], note: str | None) -> CustomType:
    """A new type with its first revision; raises `InvalidInput`, or `Conflict` for a taken key."""
    whole = {**definition, "revision": 1}
    built = build(whole)
    row = CustomType(
        id=new_id("cct"),
        workspace=work.workspace,
        key=whole["key"],
        label=built.label,
        revision=0,
        created_at=work.now,
        updated_at=work.now,
        updated_by=work.caller.user_id,
    )
    work.session.add(row)
    try:
        await work.session.flush()
    except IntegrityError as error:
        raise Conflict("This workspace has a custom connector type with this key.", code="key_taken") from error
    return await _save(work, row, whole, note, "created")


async def update(
    work: Work, type_id: str, definition: Mapping[str, Any], note: str | None, expected: int | None
) -> CustomType:
    """The next revision. Connectors stay with theirs until they take it."""
    row = await find(work, type_id, lock=True)
    demand_current(row, expected)
    whole = {**definition, "revision": row.revision + 1}
    build(whole)
    if whole["key"] != row.key:
        fault = Fault(pointer="/definition/key", code="key_fixed", detail=f"The key stays {row.key}.")
        raise InvalidInput("The key of a custom connector type never changes.", faults=(fault,))
    return await _save(work, row, whole, note, "updated")


async def import_file(work: Work, text: str, note: str | None) -> CustomType:
    """What a file holds: a new type, or the next revision of the type that has its key."""
    try:
        definition = bounded(load_definition(text))
    except (InvalidDefinition, ValueError) as error:
        problem = error.problem if isinstance(error, InvalidDefinition) else f"it {error}"
        fault = Fault(pointer="/file", code="invalid_definition", detail=problem)
        raise InvalidInput("The file cannot be read; see `errors`.", faults=(fault,)) from error
    row = await work.session.scalar(all_of(work).where(CustomType.key == str(definition.get("key"))))
    if row is None:
        return await create(work, definition, note)
    return await update(work, row.id, definition, note, None)


async def export_file(work: Work, type_id: str) -> str:
    """The newest definition as one file, which `import_file` reads back."""
    row = await find(work, type_id)
    return dump_definition(read_definition(await definition_of_row(work, row)))


async def remove(work: Work, type_id: str, expected: int | None) -> None:
    """Delete a type that no connector has; raises `InUse`, which names them."""
    row = await find(work, type_id, lock=True)
    demand_current(row, expected)
    users = (await work.session.scalars(_users(work, row))).all()
    if users:
        names = ", ".join(repr(user.name) for user in users)
        uses = [{"kind": CONNECTOR, "id": user.id, "name": user.name} for user in users]
        raise InUse(f"These connectors have this type: {names}. Delete them first.", more={"uses": uses})
    record_change(work, "deleted", KIND, row.id, before=await definition_of_row(work, row))
    await work.session.delete(row)


async def find(work: Work, type_id: str, *, lock: bool = False) -> CustomType:
    """The type; raises `NotFound`."""
    statement = all_of(work).where(CustomType.id == type_id)
    row = await work.session.scalar(locked(statement) if lock else statement)
    if row is None:
        raise NotFound(f"There is no custom connector type {type_id}.")
    return row


async def take_revision(work: Work, connector_id: str, revision: int | None, expected: int | None) -> Connector:
    """Have the draft of a connector use another revision of its type.

    Settings that it does not know are dropped. Where it sends elsewhere, the secrets are cleared: they were not given
    for that host.
    """
    connector = await find_connector(work, connector_id, lock=True)
    demand_current(connector, expected)
    if not connector.type.startswith(PREFIX):
        raise Conflict("Only a connector of a custom type has revisions to take.", code="not_custom")
    name = connector.type.partition("@")[0]
    wanted = name if revision is None else f"{name}@{revision}"
    type_, before = work.types.get(wanted), connector.type
    if type_ is None:
        raise NotFound(f"The connector type {name} has no revision {revision}.")
    after = pinned(work.types, wanted)
    connector.type = after
    connector.settings = _known(connector.settings, type_.settings.visible_fields())
    kept = {} if _moves(work, before, after) else connector.secrets
    connector.secrets = _known(kept, type_.settings.secret_fields())
    connector.updated_at, connector.updated_by = work.now, work.caller.user_id
    await work.session.flush()
    record_change(work, "type_revised", CONNECTOR, connector.id, before={"type": before}, after={"type": after})
    return connector


async def show(work: Work, row: CustomType) -> CustomTypeRead:
    """As an answer."""
    users = await work.session.scalar(select(func.count()).select_from(_users(work, row).subquery()))
    told = {name: getattr(row, name) for name in CustomTypeRead.model_fields if hasattr(row, name)}
    definition = await definition_of_row(work, row)
    return CustomTypeRead(**told, type=f"{PREFIX}{row.key}", definition=definition, connectors=users or 0)


async def definition_of_row(work: Work, row: CustomType) -> dict[str, Any]:
    """The newest definition."""
    return (await find_version(work, KIND, row.id, row.revision)).snapshot


async def _save(work: Work, row: CustomType, definition: dict[str, Any], note: str | None, change: str) -> CustomType:
    stored = {**definition, **_counted(definition)}
    version = await add_version(work, KIND, row.id, Content(stored), note)
    row.revision, row.label = version.number, stored["label"]
    row.updated_at, row.updated_by = work.now, work.caller.user_id
    await work.session.flush()
    record_change(work, change, KIND, row.id, after=stored)
    return row


def _counted(definition: Mapping[str, Any]) -> dict[str, Any]:
    read: CustomDefinition = read_definition(dict(definition))
    return {"format": read.format, "revision": read.revision, "label": read.label, "url": read.url}


def all_of(work: Work) -> Select[CustomType]:
    """Those of the workspace."""
    return select(CustomType).where(CustomType.workspace == work.workspace)


def _users(work: Work, row: CustomType) -> Select[Connector]:
    named = Connector.type.startswith(f"{PREFIX}{row.key}@", autoescape=True)
    return select(Connector).where(Connector.workspace == work.workspace, named).order_by(Connector.id)


def _moves(work: Work, before: str, after: str) -> bool:
    return hosts_of(definition_of(work.types, before)) != hosts_of(definition_of(work.types, after))


def _known(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}
