"""`…/versions/{number}/diff/{other}`: what differs from another version, or from the draft."""

from typing import Annotated

from fastapi import APIRouter, Path

from control_plane.access.work import Viewing
from control_plane.audience.service import KIND as AUDIENCE
from control_plane.errors import InvalidInput, NotFound, documented
from control_plane.event_feed.service import KIND as FEED
from control_plane.inputs import PathId, VersionNumber
from control_plane.journey.service import KIND as JOURNEY
from control_plane.version_diff import service
from control_plane.version_diff.schemas import DiffRead

router = APIRouter(prefix="/v1", tags=["versions"])
Other = Annotated[str, Path(pattern="^(draft|[1-9][0-9]{0,8})$", description="The number of a version, or `draft`.")]
RESPONSES = documented(NotFound, InvalidInput)


@router.get("/connectors/{connector_id}/versions/{number}/diff/{other}", responses=RESPONSES)
async def diff_connector(connector_id: PathId, number: VersionNumber, other: Other, work: Viewing) -> DiffRead:
    """Settings, limits and actions, field by field. That a secret was replaced is told, and nothing else of it."""
    return await service.of_connector(work, connector_id, number, other)


@router.get("/audiences/{audience_id}/versions/{number}/diff/{other}", responses=RESPONSES)
async def diff_audience(audience_id: PathId, number: VersionNumber, other: Other, work: Viewing) -> DiffRead:
    """What differs, field by field; activations by their action."""
    return await service.of_source(work, AUDIENCE, audience_id, number, other)


@router.get("/journeys/{journey_id}/versions/{number}/diff/{other}", responses=RESPONSES)
async def diff_journey(journey_id: PathId, number: VersionNumber, other: Other, work: Viewing) -> DiffRead:
    """What differs, field by field; steps by their id, activations by their action and step."""
    return await service.of_source(work, JOURNEY, journey_id, number, other)


@router.get("/event-feeds/{feed_id}/versions/{number}/diff/{other}", responses=RESPONSES)
async def diff_event_feed(feed_id: PathId, number: VersionNumber, other: Other, work: Viewing) -> DiffRead:
    """What differs, field by field; activations by their action."""
    return await service.of_source(work, FEED, feed_id, number, other)
