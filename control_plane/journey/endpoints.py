"""`/v1/journeys`: journeys, their activations and their publication."""

from fastapi import APIRouter, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.work import Editing, Publishing, Viewing, Work
from control_plane.database.models import Journey
from control_plane.errors import Conflict, InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId, PublishRequest, VersionNumber
from control_plane.journey import service
from control_plane.journey.schemas import JourneyCreate, JourneyRead, JourneyUpdate
from control_plane.pagination import Page, Paged
from control_plane.preconditions import IfMatch, OptionalIfMatch, set_etag
from control_plane.publishing import editing, versions
from control_plane.publishing.versions import Published, VersionRead, VersionSummary

router = APIRouter(prefix="/v1/journeys", tags=["journeys"])
KIND = service.KIND.key


async def _answer(work: Work, response: Response, row: Journey) -> JourneyRead:
    set_etag(response, row.row_version)
    return (await service.show_all(work, [row]))[0]


@router.get("", responses=documented(InvalidInput))
async def list_journeys(work: Viewing, paging: Paged) -> Page[JourneyRead]:
    """The journeys of the workspace, oldest first."""
    rows, cursor = await editing.page_of_sources(work, service.KIND, paging)
    return paging.page(await service.show_all(work, rows), cursor)


@router.post("", status_code=201, response_model=JourneyRead, responses=documented(Conflict, InvalidInput))
async def create_journey(body: JourneyCreate, work: Editing, response: Response, repeated: Repeated) -> Response:
    """Make a journey; a draft until it is published."""

    async def create() -> JourneyRead:
        return await _answer(work, response, await service.create(work, body))

    return await repeated.answer(work, create)


@router.get("/{journey_id}", responses=documented(NotFound))
async def get_journey(journey_id: PathId, work: Viewing, response: Response) -> JourneyRead:
    """A journey; its ETag is needed to change it."""
    return await _answer(work, response, await service.find(work, journey_id))


@router.patch("/{journey_id}", responses=documented(NotFound, Conflict, Stale, InvalidInput, PreconditionRequired))
async def update_journey(
    journey_id: PathId, body: JourneyUpdate, work: Editing, response: Response, if_match: IfMatch
) -> JourneyRead:
    """Change the draft. What is published goes on as it is until the next publication."""
    return await _answer(work, response, await service.update(work, journey_id, body, if_match))


@router.delete("/{journey_id}", status_code=204, responses=documented(NotFound, Stale, PreconditionRequired))
async def delete_journey(journey_id: PathId, work: Editing, if_match: IfMatch) -> None:
    """Delete it; nothing is sent because of it any more."""
    await service.remove(work, journey_id, if_match)


@router.post("/{journey_id}/publish", status_code=202, responses=documented(NotFound, Conflict, Stale))
async def publish_journey(
    journey_id: PathId,
    work: Publishing,
    response: Response,
    if_match: OptionalIfMatch,
    body: PublishRequest | None = None,
) -> Published:
    """Make the draft the next version. `warnings` say what may not be meant, such as two sources on one target."""
    row, published = await service.publish(work, journey_id, None if body is None else body.note, if_match)
    await work.session.flush()
    set_etag(response, row.row_version)
    return published


@router.get("/{journey_id}/versions", responses=documented(NotFound, InvalidInput))
async def list_journey_versions(journey_id: PathId, work: Viewing, paging: Paged) -> Page[VersionSummary]:
    """What was published, newest first."""
    row = await service.find(work, journey_id)
    return await versions.list_versions(work, KIND, row.id, paging)


@router.get("/{journey_id}/versions/{number}", responses=documented(NotFound))
async def get_journey_version(journey_id: PathId, number: VersionNumber, work: Viewing) -> VersionRead:
    """One version, whole."""
    row = await service.find(work, journey_id)
    return versions.show_version(await versions.find_version(work, KIND, row.id, number))


@router.post("/{journey_id}/versions/{number}/revert", status_code=202, responses=documented(NotFound, Conflict))
async def revert_journey(
    journey_id: PathId, number: VersionNumber, work: Publishing, response: Response, body: PublishRequest | None = None
) -> Published:
    """Publish an earlier version again, as the next one; the draft becomes the same."""
    row, published = await service.revert(work, journey_id, number, None if body is None else body.note)
    await work.session.flush()
    set_etag(response, row.row_version)
    return published
