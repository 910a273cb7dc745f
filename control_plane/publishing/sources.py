"""What audiences, journeys and event feeds have in common: actions attached to them, published, reverted, deleted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from connectors.records.config import Activation, ConfigRecord
from connectors.records.profile_event import Change
from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.database.locking import locked
from control_plane.database.models import Action, Audience, Connector, EventFeed, Journey, Version
from control_plane.errors import Conflict, Fault, InvalidInput, NotFound
from control_plane.publishing.lookup import action_type_of, actions_by_id
from control_plane.publishing.outbox import emit
from control_plane.publishing.targets import publish_warnings
from control_plane.publishing.uses import forget_uses, rewrite_uses
from control_plane.publishing.versions import Content, Published, add_version, current_versions, find_version

Row = TypeVar("Row", Audience, Journey, EventFeed)


@dataclass(frozen=True, slots=True)
class SourceKind(Generic[Row]):
    """What one kind of source is: its record key, its table, the changes it knows, what of it is published and how."""

    key: str
    label: str
    model: type[Row]
    changes: tuple[Change, ...]
    content: tuple[str, ...]
    record: Callable[[Row, Version, int], ConfigRecord]

    def draft_of(self, row: Row) -> dict[str, Any]:
        """What would be published now."""
        return {name: getattr(row, name) for name in self.content}


async def find_source(work: Work, kind: SourceKind[Row], source: str, *, lock: bool = False) -> Row:
    """The source; raises `NotFound`, also for another workspace's."""
    statement = select(kind.model).where(kind.model.id == source, kind.model.workspace == work.workspace)
    row = await work.session.scalar(locked(statement) if lock else statement)
    if row is None:
        raise NotFound(f"There is no {kind.label} {source}.")
    return row


async def attach(
    work: Work, kind: SourceKind[Row], activations: Sequence[dict[str, Any]], steps: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """The activations with their connectors filled in; raises `InvalidInput` with each fault's place."""
    actions = await actions_by_id(work, (activation["action_id"] for activation in activations), lock=True)
    faults = await activation_faults(work, kind, activations, actions, steps)
    if faults:
        raise InvalidInput("The activations do not hold; see `errors`.", faults=tuple(faults))
    return [{**activation, "connector_id": actions[activation["action_id"]].connector_id} for activation in activations]


async def activation_faults(
    work: Work,
    kind: SourceKind[Row],
    activations: Sequence[dict[str, Any]],
    actions: dict[str, Action],
    steps: Iterable[str] | None,
) -> list[Fault]:
    """What is wrong with these activations: unknown actions and steps, changes that the action type does not take."""
    connectors = await _types(work, actions.values())
    known_steps, faults, seen = None if steps is None else set(steps), [], set()
    for place, activation in enumerate(activations):
        action = actions.get(activation["action_id"])
        step = activation.get("step")
        if action is None:
            faults.append(_fault(place, "action_id", "unknown_action", "There is no such action."))
            continue
        supported = action_type_of(work, connectors[action.connector_id], action.type).on
        if not set(activation["on"]) & set(supported) & set(kind.changes):
            detail = f"This action takes {', '.join(supported)}; choose among those that a {kind.label} has."
            faults.append(_fault(place, "on", "not_supported", detail))
        if step is not None and known_steps is not None and step not in known_steps:
            faults.append(_fault(place, "step", "unknown_step", "The journey has no such step."))
        if (action.id, step) in seen:
            faults.append(_fault(place, "action_id", "attached_twice", "This action is attached here already."))
        seen.add((action.id, step))
    return faults


async def publish_source(work: Work, kind: SourceKind[Row], row: Row, note: str | None) -> Published:
    """Make the draft the next version and send it out; raises `Conflict` when its activations no longer hold."""
    await _demand_publishable(work, kind, row)
    version = await add_version(work, kind.key, row.id, Content(kind.draft_of(row)), note)
    return await _send_out(work, kind, row, version)


async def revert_source(work: Work, kind: SourceKind[Row], row: Row, number: int, note: str | None) -> Published:
    """Publish version `number` again; the draft becomes the same."""
    earlier = await find_version(work, kind.key, row.id, number)
    for name in kind.content:
        setattr(row, name, earlier.snapshot[name])
    await _demand_publishable(work, kind, row)
    await rewrite_uses(work, kind.key, row.id, "draft", row.activations)
    version = await add_version(work, kind.key, row.id, Content(earlier.snapshot), note, number)
    return await _send_out(work, kind, row, version)


async def delete_source(work: Work, kind: SourceKind[Row], row: Row) -> None:
    """Remove it everywhere: a tombstone silences it at the workers."""
    before = kind.draft_of(row)
    if row.published_version is not None:
        await emit(work.session, work.workspace, source_key(kind, row), lambda _: None)
    await forget_uses(work, kind.key, row.id)
    await work.session.delete(row)
    record_change(work, "deleted", kind.key, row.id, before=before)


async def unpublished(work: Work, kind: SourceKind[Row], rows: Sequence[Row]) -> dict[str, bool]:
    """Which of these have changes that are not published."""
    found = await current_versions(work, kind.key, [(row.id, row.published_version) for row in rows])
    return {row.id: row.id not in found or found[row.id].snapshot != kind.draft_of(row) for row in rows}


def source_key(kind: SourceKind[Row], row: Row) -> str:
    """The key of its config record."""
    return f"{kind.key}:{row.id}"


def activation_records(version: Version) -> tuple[Activation, ...]:
    """The activations of a version, as records."""
    return tuple(
        Activation(
            connector_id=item["connector_id"],
            action_id=item["action_id"],
            on=tuple(Change(change) for change in item["on"]),
            step=item.get("step"),
        )
        for item in version.snapshot["activations"]
    )


async def _send_out(work: Work, kind: SourceKind[Row], row: Row, version: Version) -> Published:
    await rewrite_uses(work, kind.key, row.id, "published", row.activations)
    row.published_version = version.number
    row.revision = await emit(
        work.session, work.workspace, source_key(kind, row), lambda revision: kind.record(row, version, revision)
    )
    row.updated_at, row.updated_by = work.now, work.caller.user_id
    change = "published" if version.reverted_to is None else "reverted"
    record_change(work, change, kind.key, row.id, after={"version": version.number, "note": version.note})
    warnings = await publish_warnings(work, kind.key, row.id, row.activations)
    return Published(version=version.number, revision=row.revision, warnings=warnings)


async def _demand_publishable(work: Work, kind: SourceKind[Row], row: Row) -> None:
    actions = await actions_by_id(work, (item["action_id"] for item in row.activations), lock=True)
    steps = [step["id"] for step in row.steps] if isinstance(row, Journey) else None
    faults = await activation_faults(work, kind, row.activations, actions, steps)
    if faults:
        raise Conflict("This cannot be published; see `errors`.", code="not_publishable", faults=tuple(faults))


async def _types(work: Work, actions: Iterable[Action]) -> dict[str, str]:
    ids = {action.connector_id for action in actions}
    found = await work.session.execute(select(Connector.id, Connector.type).where(Connector.id.in_(ids)))
    return {row[0]: row[1] for row in found}


def _fault(place: int, name: str, code: str, detail: str) -> Fault:
    return Fault(pointer=f"/activations/{place}/{name}", code=code, detail=detail)
