"""All SQL that writes favourites; lists of connectors read them."""

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from control_plane.access.work import Work
from control_plane.database.models import Favourite


async def add(work: Work, connector_id: str) -> None:
    """Of the caller, once."""
    dialect = postgresql if work.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Favourite).values(user_id=work.caller.user_id, connector_id=connector_id)
    await work.session.execute(insert.on_conflict_do_nothing())


async def remove(work: Work, connector_id: str) -> None:
    """Of the caller, if it is there."""
    mine = Favourite.user_id == work.caller.user_id
    await work.session.execute(delete(Favourite).where(mine, Favourite.connector_id == connector_id))
