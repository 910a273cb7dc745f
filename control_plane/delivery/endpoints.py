"""`/v1/deliveries` and `/v1/trace`: what was sent, what came back, and what became of one event."""

from typing import Annotated

from fastapi import APIRouter, Depends

from control_plane.access.work import Viewing
from control_plane.delivery import service, tracing
from control_plane.delivery.schemas import DeliveryDetail, DeliveryRead, Trace
from control_plane.delivery.selection import DeliveryFilter
from control_plane.delivery.tracing import Traced
from control_plane.errors import InvalidInput, NotFound, documented
from control_plane.following.filters import ExactText, IdFilter
from control_plane.inputs import PathId
from control_plane.pagination import Page, Paged

router = APIRouter(prefix="/v1", tags=["deliveries"])


@router.get("/deliveries", responses=documented(InvalidInput))
async def list_deliveries(
    work: Viewing, wanted: Annotated[DeliveryFilter, Depends()], paging: Paged
) -> Page[DeliveryRead]:
    """Deliveries with a kept attempt, the latest first: of seven days every failed one, a sample of the accepted.

    Where a partner says more of a batch that it took, such as how many rows were not, one delivery of it is kept too.
    """
    return await service.list_deliveries(work, wanted, paging)


@router.get("/deliveries/{delivery_id}", responses=documented(NotFound))
async def get_delivery(delivery_id: PathId, work: Viewing) -> DeliveryDetail:
    """One delivery with its attempts, as they were recorded. Requests and responses are shown to editors and admins."""
    return await service.show_delivery(work, delivery_id)


@router.get("/trace", responses=documented(InvalidInput))
async def get_trace(
    work: Viewing, event_id: ExactText = None, profile_id: ExactText = None, delivery_id: IdFilter = None
) -> Trace:
    """What happened to one event, one profile or one delivery, at each stage."""
    return await tracing.trace(work, Traced(event_id, profile_id, delivery_id))
