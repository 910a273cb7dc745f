"""All SQL of connectors."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select

from control_plane.access.work import Work
from control_plane.custom_type.types import is_of_type
from control_plane.database.models import Action, Connector, Favourite, Workspace


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; each word is part of the connector's name, of its type's label or of an action's name."""

    words: tuple[str, ...] = ()
    type_: str | None = None
    active: bool | None = None
    favourite: bool | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """As much of a connector as ordering a list takes."""

    id: str
    type: str
    name: str
    active: bool
    paused: bool
    labels: list[str]


async def listed(work: Work, search: Search) -> list[Listed]:
    """Every connector of the workspace that is looked for."""
    c = Connector
    statement = select(c.id, c.type, c.name, c.active, c.paused, c.labels).where(c.workspace == work.workspace)
    used = await _types_used(work) if search.words or search.type_ is not None else []
    for word in search.words:
        statement = statement.where(_has_word(work, word, used))
    if search.type_ is not None:
        statement = statement.where(c.type.in_([key for key in used if is_of_type(key, search.type_)]))
    if search.active is not None:
        statement = statement.where(c.active.is_(search.active))
    if search.favourite is not None:
        mine = c.id.in_(select(Favourite.connector_id).where(Favourite.user_id == work.caller.user_id))
        statement = statement.where(mine if search.favourite else ~mine)
    return [Listed(*row) for row in await work.session.execute(statement)]


async def by_ids(work: Work, connector_ids: Sequence[str]) -> dict[str, Connector]:
    """Those that exist, whole."""
    statement = select(Connector).where(Connector.workspace == work.workspace, Connector.id.in_(connector_ids))
    return {row.id: row for row in await work.session.scalars(statement)}


async def favourites(work: Work, connector_ids: Sequence[str]) -> set[str]:
    """Which of these the caller has starred."""
    mine = select(Favourite.connector_id).where(Favourite.user_id == work.caller.user_id)
    return set(await work.session.scalars(mine.where(Favourite.connector_id.in_(connector_ids))))


async def another_of(work: Work, type_: str) -> Connector | None:
    """A connector of this type, with the workspace locked so that no second one is made meanwhile."""
    await work.session.execute(select(Workspace.id).where(Workspace.id == work.workspace).with_for_update())
    statement = select(Connector).where(Connector.workspace == work.workspace, Connector.type == type_)
    return await work.session.scalar(statement.limit(1))


async def remove(work: Work, connector: Connector) -> None:
    """The connector and its actions; versions and audit entries stay."""
    await work.session.delete(connector)
    await work.session.flush()


async def _types_used(work: Work) -> list[str]:
    statement = select(Connector.type).where(Connector.workspace == work.workspace).distinct()
    return list(await work.session.scalars(statement))


def _has_word(work: Work, word: str, used: Sequence[str]) -> ColumnElement[bool]:
    found = ((key, work.types.get(key)) for key in used)
    labelled = [key for key, type_ in found if type_ is not None and word.casefold() in type_.label.casefold()]
    acting = select(Action.connector_id).where(
        Action.workspace == work.workspace, Action.removed.is_(False), Action.name.icontains(word, autoescape=True)
    )
    return or_(Connector.name.icontains(word, autoescape=True), Connector.type.in_(labelled), Connector.id.in_(acting))
