"""`/v1/connectors/{id}/actions` and `/v1/actions`: what connectors do."""

from fastapi import APIRouter, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.work import Editing, Operating, Viewing, Work
from control_plane.action import repository, service
from control_plane.action.schemas import ActionBulk, ActionCreate, ActionRead, ActionUpdate
from control_plane.bulk import BulkAnswer, do_each
from control_plane.database.models import Action
from control_plane.errors import Conflict, InUse, InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId
from control_plane.pagination import Page, Paged
from control_plane.preconditions import IfMatch, set_etag
from control_plane.publishing.lookup import find_action, find_connector
from control_plane.publishing.uses import UseRead

router = APIRouter(prefix="/v1", tags=["actions"])


async def _answer(work: Work, response: Response, action: Action) -> ActionRead:
    set_etag(response, action.row_version)
    return (await service.show_all(work, [action]))[0]


@router.get("/connectors/{connector_id}/actions", responses=documented(NotFound, InvalidInput))
async def list_actions(connector_id: PathId, work: Viewing, paging: Paged) -> Page[ActionRead]:
    """The actions of a connector, oldest first."""
    connector = await find_connector(work, connector_id)
    rows, cursor = await repository.page(work, connector.id, paging)
    return paging.page(await service.show_all(work, rows), cursor)


@router.post(
    "/connectors/{connector_id}/actions",
    status_code=201,
    response_model=ActionRead,
    responses=documented(NotFound, Conflict, InvalidInput),
)
async def create_action(
    connector_id: PathId, body: ActionCreate, work: Editing, response: Response, repeated: Repeated
) -> Response:
    """Add an action to the connector's draft. It is deactivated, and unknown to the workers until a publication."""

    async def create() -> ActionRead:
        return await _answer(work, response, await service.create(work, connector_id, body))

    return await repeated.answer(work, create)


@router.post("/actions:bulk", responses=documented(InvalidInput))
async def change_actions(body: ActionBulk, work: Operating) -> BulkAnswer:
    """Activate or deactivate many; each by itself, and the answer says what became of each."""
    active = body.operation == "activate"
    return await do_each(work, body.ids, lambda key: service.set_active(work, key, active=active))


@router.get("/actions/{action_id}", responses=documented(NotFound))
async def get_action(action_id: PathId, work: Viewing, response: Response) -> ActionRead:
    """An action; its ETag is needed to change it."""
    return await _answer(work, response, await find_action(work, action_id))


@router.patch(
    "/actions/{action_id}", responses=documented(NotFound, Conflict, Stale, InvalidInput, PreconditionRequired)
)
async def update_action(
    action_id: PathId, body: ActionUpdate, work: Editing, response: Response, if_match: IfMatch
) -> ActionRead:
    """Change the draft. A mapping that does not hold is refused with the line and column of each error."""
    return await _answer(work, response, await service.update(work, action_id, body, if_match))


@router.delete(
    "/actions/{action_id}", status_code=204, responses=documented(NotFound, InUse, Stale, PreconditionRequired)
)
async def delete_action(action_id: PathId, work: Editing, if_match: IfMatch) -> None:
    """Delete an action that nothing uses; otherwise the problem names every use."""
    await service.remove(work, action_id, if_match)


@router.put("/actions/{action_id}/activate", status_code=202, responses=documented(NotFound, Conflict))
async def activate_action(action_id: PathId, work: Operating, response: Response) -> ActionRead:
    """Let it send. Its connector must be active, and published with this action."""
    return await _answer(work, response, await service.set_active(work, action_id, active=True))


@router.put("/actions/{action_id}/deactivate", status_code=202, responses=documented(NotFound))
async def deactivate_action(action_id: PathId, work: Operating, response: Response) -> ActionRead:
    """Stop at once, also while it is in use."""
    return await _answer(work, response, await service.set_active(work, action_id, active=False))


@router.get("/actions/{action_id}/uses", responses=documented(NotFound))
async def list_action_uses(action_id: PathId, work: Viewing) -> list[UseRead]:
    """Every audience, journey and event feed that holds it."""
    return await service.uses(work, action_id)
