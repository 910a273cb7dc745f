"""`/v1/connectors`: configured connectors, their publication and their state."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.work import Editing, Operating, Publishing, Viewing, Work
from control_plane.bulk import BulkAnswer, do_each
from control_plane.connector import presentation, service
from control_plane.connector.ordering import Sort, Status
from control_plane.connector.overview import Wanted, list_page
from control_plane.connector.repository import Search
from control_plane.connector.schemas import (
    ConnectorBulk,
    ConnectorCreate,
    ConnectorOverview,
    ConnectorRead,
    ConnectorStatus,
    ConnectorUpdate,
    Label,
)
from control_plane.database.models import Connector
from control_plane.errors import Conflict, InUse, InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId, PublishRequest, VersionNumber
from control_plane.pagination import Page, Paged
from control_plane.preconditions import IfMatch, OptionalIfMatch, set_etag
from control_plane.publishing import versions
from control_plane.publishing.connectors import KIND
from control_plane.publishing.lookup import find_connector
from control_plane.publishing.uses import UseRead, uses_of_connector
from control_plane.publishing.versions import Published, VersionRead, VersionSummary

router = APIRouter(prefix="/v1/connectors", tags=["connectors"])

_SEARCHED = "Words of the connector's name, of its type's label or of an action's name; all of them must be found."


async def _answer(work: Work, response: Response, connector: Connector) -> ConnectorRead:
    set_etag(response, connector.row_version)
    return await presentation.show(work, connector)


def _search(
    q: Annotated[str | None, Query(max_length=200, pattern="^[^\\x00]*$", description=_SEARCHED)] = None,
    type: Annotated[str | None, Query(max_length=64, pattern="^[a-z0-9_:@]+$")] = None,
    active: bool | None = None,
    favourite: Annotated[bool | None, Query(description="Whether the caller has starred it.")] = None,
) -> Search:
    return Search(tuple((q or "").split()), type, active, favourite)


def _wanted(
    search: Annotated[Search, Depends(_search)],
    status: Annotated[tuple[Status, ...], Query(description="Any of these.")] = (),
    label: Annotated[tuple[Label, ...], Query(description="All of these.")] = (),
    has_errors: Annotated[bool | None, Query(description="In the last 24 hours.")] = None,
    sort: Sort = Sort.CREATED,
    reverse: bool = False,
) -> Wanted:
    return Wanted(search, frozenset(status), frozenset(label), has_errors, sort, reverse)


@router.get("", responses=documented(InvalidInput))
async def list_connectors(
    work: Viewing,
    paging: Paged,
    wanted: Annotated[Wanted, Depends(_wanted)],
) -> Page[ConnectorOverview]:
    """The connectors of the workspace, with what each did in the last 24 hours."""
    return await list_page(work, wanted, paging)


@router.post("", status_code=201, response_model=ConnectorRead, responses=documented(Conflict, InvalidInput))
async def create_connector(body: ConnectorCreate, work: Editing, response: Response, repeated: Repeated) -> Response:
    """Make a connector. It is a draft, and deactivated, until it is published and activated."""

    async def create() -> ConnectorRead:
        return await _answer(work, response, await service.create(work, body))

    return await repeated.answer(work, create)


@router.post(":bulk", responses=documented(InvalidInput))
async def change_connectors(body: ConnectorBulk, work: Operating) -> BulkAnswer:
    """Activate, deactivate, pause or resume many; each by itself, and the answer says what became of each."""
    operations: dict[str, Callable[[str], Awaitable[object]]] = {
        "activate": lambda key: service.set_active(work, key, active=True),
        "deactivate": lambda key: service.set_active(work, key, active=False),
        "pause": lambda key: service.set_paused(work, key, paused=True),
        "resume": lambda key: service.set_paused(work, key, paused=False),
    }
    return await do_each(work, body.ids, operations[body.operation])


@router.get("/{connector_id}", responses=documented(NotFound))
async def get_connector(connector_id: PathId, work: Viewing, response: Response) -> ConnectorRead:
    """A connector; its ETag is needed to change it."""
    return await _answer(work, response, await find_connector(work, connector_id))


@router.patch("/{connector_id}", responses=documented(NotFound, Conflict, Stale, InvalidInput, PreconditionRequired))
async def update_connector(
    connector_id: PathId, body: ConnectorUpdate, work: Editing, response: Response, if_match: IfMatch
) -> ConnectorRead:
    """Change the draft. What is published stays as it is until the next publication."""
    return await _answer(work, response, await service.update(work, connector_id, body, if_match))


@router.delete("/{connector_id}", status_code=204, responses=documented(NotFound, InUse, Stale, PreconditionRequired))
async def delete_connector(connector_id: PathId, work: Editing, if_match: IfMatch) -> None:
    """Delete a connector that nothing uses; otherwise the problem names every use."""
    await service.remove(work, connector_id, if_match)


@router.post("/{connector_id}/publish", status_code=202, responses=documented(NotFound, Conflict, Stale))
async def publish_connector(
    connector_id: PathId,
    work: Publishing,
    response: Response,
    if_match: OptionalIfMatch,
    body: PublishRequest | None = None,
) -> Published:
    """Make the draft, with its actions, the next version; workers apply it within a second or so."""
    note = None if body is None else body.note
    connector, version = await service.publish(work, connector_id, note, if_match)
    set_etag(response, connector.row_version)
    return Published(version=version.number, revision=connector.revision)


@router.get("/{connector_id}/versions", responses=documented(NotFound, InvalidInput))
async def list_connector_versions(connector_id: PathId, work: Viewing, paging: Paged) -> Page[VersionSummary]:
    """What was published, newest first."""
    connector = await find_connector(work, connector_id)
    return await versions.list_versions(work, KIND, connector.id, paging)


@router.get("/{connector_id}/versions/{number}", responses=documented(NotFound))
async def get_connector_version(connector_id: PathId, number: VersionNumber, work: Viewing) -> VersionRead:
    """One version, whole."""
    connector = await find_connector(work, connector_id)
    return versions.show_version(await versions.find_version(work, KIND, connector.id, number))


@router.post("/{connector_id}/versions/{number}/revert", status_code=202, responses=documented(NotFound, Conflict))
async def revert_connector(
    connector_id: PathId,
    number: VersionNumber,
    work: Publishing,
    response: Response,
    body: PublishRequest | None = None,
) -> Published:
    """Publish an earlier version again, as the next one. The draft becomes the same; the newest secrets stay."""
    note = None if body is None else body.note
    connector, version = await service.revert(work, connector_id, number, note)
    set_etag(response, connector.row_version)
    return Published(version=version.number, revision=connector.revision)


@router.put("/{connector_id}/activate", status_code=202, responses=documented(NotFound, Conflict))
async def activate_connector(connector_id: PathId, work: Operating, response: Response) -> ConnectorRead:
    """Let its activated actions send. Needs a published version."""
    return await _answer(work, response, await service.set_active(work, connector_id, active=True))


@router.put("/{connector_id}/deactivate", status_code=202, responses=documented(NotFound))
async def deactivate_connector(connector_id: PathId, work: Operating, response: Response) -> ConnectorRead:
    """Stop at once, also while it is in use; what waits is dropped."""
    return await _answer(work, response, await service.set_active(work, connector_id, active=False))


@router.put("/{connector_id}/pause", status_code=202, responses=documented(NotFound))
async def pause_connector(connector_id: PathId, work: Operating, response: Response) -> ConnectorRead:
    """Hold what would be sent; the latest states wait."""
    return await _answer(work, response, await service.set_paused(work, connector_id, paused=True))


@router.put("/{connector_id}/resume", status_code=202, responses=documented(NotFound))
async def resume_connector(connector_id: PathId, work: Operating, response: Response) -> ConnectorRead:
    """Send what was held, and go on."""
    return await _answer(work, response, await service.set_paused(work, connector_id, paused=False))


@router.get("/{connector_id}/status", responses=documented(NotFound))
async def get_connector_status(connector_id: PathId, work: Viewing) -> ConnectorStatus:
    """Whether it sends, action by action, and how each live worker sees it."""
    return await presentation.show_status(work, await find_connector(work, connector_id))


@router.get("/{connector_id}/uses", responses=documented(NotFound))
async def list_connector_uses(connector_id: PathId, work: Viewing) -> list[UseRead]:
    """Every audience, journey and event feed that holds one of its actions."""
    connector = await find_connector(work, connector_id)
    return await uses_of_connector(work, connector.id)
