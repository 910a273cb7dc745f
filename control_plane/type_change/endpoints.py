"""`/v1/actions/{id}/change-type`: another type for the same configuration."""

from fastapi import APIRouter, Response

from control_plane.access.work import Editing
from control_plane.errors import Conflict, InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId
from control_plane.preconditions import IfMatch, set_etag
from control_plane.type_change.schemas import TypeChange, TypeChangeRead
from control_plane.type_change.service import change_type

router = APIRouter(prefix="/v1", tags=["actions"])


@router.post(
    "/actions/{action_id}/change-type",
    responses=documented(NotFound, Conflict, Stale, InvalidInput, PreconditionRequired),
)
async def change_action_type(
    action_id: PathId, body: TypeChange, work: Editing, response: Response, if_match: IfMatch
) -> TypeChangeRead:
    """Use the configuration for another type of the connector. Try it with `dry_run` first: it shows what carries over,
    what is dropped and what is missing. Sources that hold the action send as before until the connector is published.
    """
    changed = await change_type(work, action_id, body, if_match)
    if changed.action is not None:
        set_etag(response, changed.action.row_version)
    return changed
