"""All SQL of connectors."""

from sqlalchemy import select

from control_plane.access.work import Work
from control_plane.database.models import Connector, Workspace
from control_plane.pagination import Paging, fetch_page


async def page(
    work: Work, paging: Paging, *, q: str | None, type_: str | None, active: bool | None
) -> tuple[list[Connector], str | None]:
    """Connectors by id; `q` finds words of the name."""
    statement = select(Connector).where(Connector.workspace == work.workspace)
    for word in (q or "").split():
        statement = statement.where(Connector.name.icontains(word, autoescape=True))
    if type_ is not None:
        statement = statement.where(Connector.type == type_)
    if active is not None:
        statement = statement.where(Connector.active.is_(active))
    return await fetch_page(work.session, statement, (Connector.id,), paging)


async def another_of(work: Work, type_: str) -> Connector | None:
    """A connector of this type, with the workspace locked so that no second one is made meanwhile."""
    await work.session.execute(select(Workspace.id).where(Workspace.id == work.workspace).with_for_update())
    statement = select(Connector).where(Connector.workspace == work.workspace, Connector.type == type_)
    return await work.session.scalar(statement.limit(1))


async def remove(work: Work, connector: Connector) -> None:
    """The connector and its actions; versions and audit entries stay."""
    await work.session.delete(connector)
    await work.session.flush()
