"""`/v1/event-feeds`: event feeds, their activations and their publication."""

from fastapi import APIRouter, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.work import Editing, Publishing, Viewing, Work
from control_plane.database.models import EventFeed
from control_plane.errors import Conflict, InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.event_feed import service
from control_plane.event_feed.schemas import EventFeedCreate, EventFeedRead, EventFeedUpdate
from control_plane.inputs import PathId, PublishRequest, VersionNumber
from control_plane.pagination import Page, Paged
from control_plane.preconditions import IfMatch, OptionalIfMatch, set_etag
from control_plane.publishing import editing, versions
from control_plane.publishing.versions import Published, VersionRead, VersionSummary

router = APIRouter(prefix="/v1/event-feeds", tags=["event-feeds"])
KIND = service.KIND.key


async def _answer(work: Work, response: Response, row: EventFeed) -> EventFeedRead:
    set_etag(response, row.row_version)
    return (await service.show_all(work, [row]))[0]


@router.get("", responses=documented(InvalidInput))
async def list_event_feeds(work: Viewing, paging: Paged) -> Page[EventFeedRead]:
    """The event feeds of the workspace, oldest first."""
    rows, cursor = await editing.page_of_sources(work, service.KIND, paging)
    return paging.page(await service.show_all(work, rows), cursor)


@router.post("", status_code=201, response_model=EventFeedRead, responses=documented(Conflict, InvalidInput))
async def create_event_feed(body: EventFeedCreate, work: Editing, response: Response, repeated: Repeated) -> Response:
    """Make an event feed; a draft until it is published."""

    async def create() -> EventFeedRead:
        return await _answer(work, response, await service.create(work, body))

    return await repeated.answer(work, create)


@router.get("/{event_feed_id}", responses=documented(NotFound))
async def get_event_feed(event_feed_id: PathId, work: Viewing, response: Response) -> EventFeedRead:
    """An event feed; its ETag is needed to change it."""
    return await _answer(work, response, await service.find(work, event_feed_id))


@router.patch("/{event_feed_id}", responses=documented(NotFound, Conflict, Stale, InvalidInput, PreconditionRequired))
async def update_event_feed(
    event_feed_id: PathId, body: EventFeedUpdate, work: Editing, response: Response, if_match: IfMatch
) -> EventFeedRead:
    """Change the draft. What is published goes on as it is until the next publication."""
    return await _answer(work, response, await service.update(work, event_feed_id, body, if_match))


@router.delete("/{event_feed_id}", status_code=204, responses=documented(NotFound, Stale, PreconditionRequired))
async def delete_event_feed(event_feed_id: PathId, work: Editing, if_match: IfMatch) -> None:
    """Delete it; nothing is sent because of it any more."""
    await service.remove(work, event_feed_id, if_match)


@router.post("/{event_feed_id}/publish", status_code=202, responses=documented(NotFound, Conflict, Stale))
async def publish_event_feed(
    event_feed_id: PathId,
    work: Publishing,
    response: Response,
    if_match: OptionalIfMatch,
    body: PublishRequest | None = None,
) -> Published:
    """Make the draft the next version. `warnings` say what may not be meant, such as two sources on one target."""
    row, published = await service.publish(work, event_feed_id, None if body is None else body.note, if_match)
    await work.session.flush()
    set_etag(response, row.row_version)
    return published


@router.get("/{event_feed_id}/versions", responses=documented(NotFound, InvalidInput))
async def list_event_feed_versions(event_feed_id: PathId, work: Viewing, paging: Paged) -> Page[VersionSummary]:
    """What was published, newest first."""
    row = await service.find(work, event_feed_id)
    return await versions.list_versions(work, KIND, row.id, paging)


@router.get("/{event_feed_id}/versions/{number}", responses=documented(NotFound))
async def get_event_feed_version(event_feed_id: PathId, number: VersionNumber, work: Viewing) -> VersionRead:
    """One version, whole."""
    row = await service.find(work, event_feed_id)
    return versions.show_version(await versions.find_version(work, KIND, row.id, number))


@router.post("/{event_feed_id}/versions/{number}/revert", status_code=202, responses=documented(NotFound, Conflict))
async def revert_event_feed(
    event_feed_id: PathId,
    number: VersionNumber,
    work: Publishing,
    response: Response,
    body: PublishRequest | None = None,
) -> Published:
    """Publish an earlier version again, as the next one; the draft becomes the same."""
    row, published = await service.revert(work, event_feed_id, number, None if body is None else body.note)
    await work.session.flush()
    set_etag(response, row.row_version)
    return published
