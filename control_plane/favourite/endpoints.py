"""`/v1/connectors/{id}/favourite`: the caller's own stars; no one else sees them."""

from fastapi import APIRouter

from control_plane.access.work import Viewing
from control_plane.errors import NotFound, documented
from control_plane.favourite import service
from control_plane.inputs import PathId

router = APIRouter(prefix="/v1/connectors/{connector_id}/favourite", tags=["connectors"])


@router.put("", status_code=204, responses=documented(NotFound))
async def add_favourite(connector_id: PathId, work: Viewing) -> None:
    """Make it one of the caller's favourites; a second time changes nothing."""
    await service.add(work, connector_id)


@router.delete("", status_code=204, responses=documented(NotFound))
async def remove_favourite(connector_id: PathId, work: Viewing) -> None:
    """It is no favourite of the caller's any more."""
    await service.remove(work, connector_id)
