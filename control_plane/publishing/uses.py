"""Which drafts and published versions hold which actions, so that nothing in use is deleted."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, computed_field
from sqlalchemy import ColumnElement, delete, select

from control_plane.access.work import Work
from control_plane.database.models import Action, Audience, Connector, EventFeed, Journey, Use
from control_plane.errors import InUse
from control_plane.publishing.versions import current_versions

Stage = Literal["draft", "published"]
_MODELS: dict[str, type[Audience] | type[Journey] | type[EventFeed]] = {
    "audience": Audience,
    "journey": Journey,
    "feed": EventFeed,
}


Held = Literal["connector_deactivated", "action_deactivated", "connector_paused"]
_HELD: dict[Held, str] = {
    "connector_deactivated": "the connector is deactivated",
    "action_deactivated": "the action is deactivated",
    "connector_paused": "the connector is paused, and deliveries wait",
}


class UseRead(BaseModel):
    """A source that holds an action. Published and not in the draft: it sends until its draft is published.

    `sends` is whether something goes out because of it now; `held` is what keeps a published one from it.
    """

    kind: Literal["audience", "journey", "feed"]
    id: str
    name: str
    action_id: str
    connector_id: str
    in_draft: bool
    in_published: bool
    published_version: int | None = None
    unpublished_changes: bool = False
    held: Held | None = None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's way, mypy knows none
    @property
    def sends(self) -> bool:
        """Whether something is sent because of it now."""
        return self.in_published and self.held is None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's way, mypy knows none
    @property
    def why(self) -> str:
        """Why something is sent because of it, or is not, and what would change that."""
        if not self.in_published:
            return "Only the draft holds the action: nothing is sent for it before the draft is published."
        if self.held is not None:
            return f"Version {self.published_version} holds the action, and nothing is sent now: {_HELD[self.held]}."
        if not self.in_draft:
            return (
                f"The draft has removed the action, and version {self.published_version} still holds it:"
                " it sends until a publication."
            )
        if self.unpublished_changes:
            return f"It sends as version {self.published_version} says: the draft has changes that are not published."
        return f"It sends: the draft and version {self.published_version} hold the action."


async def rewrite_uses(work: Work, kind: str, source: str, stage: Stage, activations: Iterable[dict[str, Any]]) -> None:
    """Note that this stage of the source holds exactly these activations."""
    await work.session.execute(delete(Use).where(Use.kind == kind, Use.source == source, Use.stage == stage))
    for place, activation in enumerate(activations):
        held = {"connector_id": activation["connector_id"], "action_id": activation["action_id"]}
        work.session.add(Use(kind=kind, source=source, stage=stage, place=place, workspace=work.workspace, **held))
    await work.session.flush()


async def forget_uses(work: Work, kind: str, source: str) -> None:
    """The source is gone."""
    await work.session.execute(delete(Use).where(Use.kind == kind, Use.source == source))


async def uses_of_action(work: Work, action_id: str) -> list[UseRead]:
    """Everything that holds this action."""
    return await _uses(work, Use.action_id == action_id)


async def uses_of_connector(work: Work, connector_id: str) -> list[UseRead]:
    """Everything that holds an action of this connector."""
    return await _uses(work, Use.connector_id == connector_id)


async def listens_to(work: Work, use: UseRead) -> set[str]:
    """The changes for which the draft of a source uses an action."""
    row: Audience | Journey | EventFeed = await work.session.get_one(_MODELS[use.kind], use.id)
    held = [activation for activation in row.activations if activation["action_id"] == use.action_id]
    return {change for activation in held for change in activation["on"]}


def demand_unused(uses: list[UseRead], what: str) -> None:
    """Raises `InUse`, which names each use."""
    if uses:
        places = ", ".join(f"{use.kind} {use.name!r}" for use in uses)
        raise InUse(
            f"{what} is used by {places}. Remove it there, and publish, first.",
            more={"uses": [use.model_dump(mode="json") for use in uses]},
        )


async def _uses(work: Work, condition: ColumnElement[bool]) -> list[UseRead]:
    found = await work.session.execute(
        select(Use.kind, Use.source, Use.action_id, Use.connector_id, Use.stage)
        .where(condition, Use.workspace == work.workspace)
        .order_by(Use.kind, Use.source, Use.action_id)
    )
    stages: dict[tuple[str, str, str, str], set[str]] = {}
    for kind, source, action_id, connector_id, stage in found:
        stages.setdefault((kind, source, action_id, connector_id), set()).add(stage)
    sources = await _sources(work, {(kind, source) for kind, source, *_ in stages})
    held = await _held(work, {action_id for _, _, action_id, _ in stages})
    return [
        UseRead(
            kind=kind,
            id=source,
            action_id=action_id,
            connector_id=connector_id,
            in_draft="draft" in found_in,
            in_published="published" in found_in,
            held=held.get(action_id),
            **sources[(kind, source)],
        )
        for (kind, source, action_id, connector_id), found_in in stages.items()
    ]


async def _sources(work: Work, places: set[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What is told of each source: its name, its published version, and whether its draft differs from that."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, model in _MODELS.items():
        ids = [source for of_kind, source in places if of_kind == kind]
        rows: Sequence[Any] = (await work.session.scalars(select(model).where(model.id.in_(ids)))).all() if ids else ()
        versions = await current_versions(work, kind, [(row.id, row.published_version) for row in rows])
        for row in rows:
            published = versions[row.id].snapshot if row.id in versions else {}
            told[(kind, row.id)] = {
                "name": row.name,
                "published_version": row.published_version,
                "unpublished_changes": any(getattr(row, name) != value for name, value in published.items()),
            }
    return told


async def _held(work: Work, action_ids: Iterable[str]) -> dict[str, Held]:
    """What keeps these actions from sending, of those that something does."""
    found = await work.session.execute(
        select(Action.id, Action.active, Connector.active, Connector.paused)
        .join(Connector, Connector.id == Action.connector_id)
        .where(Action.id.in_(sorted(action_ids)))
    )
    held: dict[str, Held] = {}
    for action_id, is_active, is_connector_active, is_paused in found:
        if not is_connector_active:
            held[action_id] = "connector_deactivated"
        elif not is_active:
            held[action_id] = "action_deactivated"
        elif is_paused:
            held[action_id] = "connector_paused"
    return held
