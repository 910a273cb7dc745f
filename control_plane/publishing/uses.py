"""Which drafts and published versions hold which actions, so that nothing in use is deleted."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, computed_field
from sqlalchemy import ColumnElement, delete, select

from control_plane.access.work import Work
from control_plane.database.models import Audience, EventFeed, Journey, Use
from control_plane.errors import InUse

Stage = Literal["draft", "published"]
_MODELS: dict[str, type[Audience] | type[Journey] | type[EventFeed]] = {
    "audience": Audience,
    "journey": Journey,
    "feed": EventFeed,
}


class UseRead(BaseModel):
    """A source that holds an action. Published and not in the draft: it sends until its draft is published."""

    kind: Literal["audience", "journey", "feed"]
    id: str
    name: str
    action_id: str
    connector_id: str
    in_draft: bool
    in_published: bool

    @computed_field  # type: ignore[prop-decorator]
    @property
    def why(self) -> str:
        """Whether something is sent because of it, and what would change that."""
        if not self.in_published:
            return "Only the draft holds the action: nothing is sent for it before the draft is published."
        if not self.in_draft:
            return (
                "The draft has removed the action, and what is published still holds it: it sends until a publication."
            )
        return "The draft and what is published hold the action."


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
    names = await _names(work, {(kind, source) for kind, source, *_ in stages})
    return [
        UseRead(
            kind=kind,
            id=source,
            name=names[(kind, source)],
            action_id=action_id,
            connector_id=connector_id,
            in_draft="draft" in found_in,
            in_published="published" in found_in,
        )
        for (kind, source, action_id, connector_id), found_in in stages.items()
    ]


async def _names(work: Work, sources: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    names = {}
    for kind, model in _MODELS.items():
        ids = [source for of_kind, source in sources if of_kind == kind]
        if ids:
            for source, name in await work.session.execute(select(model.id, model.name).where(model.id.in_(ids))):
                names[(kind, source)] = name
    return names
