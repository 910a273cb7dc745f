"""The rules of favourites: any user may have any connector of the workspace, and no audit entry is made of it."""

from control_plane.access.work import Work
from control_plane.favourite import repository
from control_plane.publishing.lookup import find_connector


async def add(work: Work, connector_id: str) -> None:
    """Raises `NotFound`."""
    connector = await find_connector(work, connector_id)
    await repository.add(work, connector.id)


async def remove(work: Work, connector_id: str) -> None:
    """Raises `NotFound`."""
    connector = await find_connector(work, connector_id)
    await repository.remove(work, connector.id)
