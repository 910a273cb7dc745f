"""`/v1/samples`: recent events to try mappings on."""

from typing import Annotated

from fastapi import APIRouter, Query

from control_plane.access.work import Viewing
from control_plane.errors import Fault, InvalidInput, NotFound, documented
from control_plane.publishing.lookup import find_action
from control_plane.sample import service
from control_plane.sample.schemas import SamplesRead, SourceName

router = APIRouter(prefix="/v1/samples", tags=["samples"])
Id = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]


@router.get("", responses=documented(NotFound, InvalidInput))
async def list_samples(
    work: Viewing,
    kind: SourceName | None = None,
    id: Id = None,
    action_id: Id = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 5,
) -> SamplesRead:
    """The newest real events, of everything, of one source, or of the sources that an action is attached to.

    Only the newest few thousand records are searched. Values of profiles are shown to editors and admins.
    """
    if (kind is None) != (id is None):
        fault = Fault(pointer="query:kind", code="incomplete", detail="Give both kind and id, or neither.")
        raise InvalidInput("A source is named by kind and id.", faults=(fault,))
    fits: service.Fits = service.every_event
    if kind is not None and id is not None:
        fits = await service.fits_source(work, kind, id)
    elif action_id is not None:
        fits = await service.fits_action(work, (await find_action(work, action_id)).id)
    return await service.show_newest(work, fits, limit)
