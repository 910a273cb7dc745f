"""All SQL of actions that only actions need."""

from sqlalchemy import select

from control_plane.access.work import Work
from control_plane.database.models import Action
from control_plane.pagination import Paging, fetch_page


async def page(work: Work, connector_id: str, paging: Paging) -> tuple[list[Action], str | None]:
    """The actions of a connector, oldest first."""
    statement = select(Action).where(
        Action.connector_id == connector_id, Action.workspace == work.workspace, Action.removed.is_(False)
    )
    return await fetch_page(work.session, statement, (Action.id,), paging)
