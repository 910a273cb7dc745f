"""`/v1/workspaces`: the caller's own; another is never seen."""

from fastapi import APIRouter, Response

from control_plane.access.work import Administering, Viewing
from control_plane.errors import InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId
from control_plane.pagination import Page
from control_plane.preconditions import IfMatch, set_etag
from control_plane.workspace import service
from control_plane.workspace.schemas import WorkspaceRead, WorkspaceUpdate

router = APIRouter(prefix="/v1/workspaces", tags=["workspaces"])


@router.get("", responses=documented())
async def list_workspaces(work: Viewing) -> Page[WorkspaceRead]:
    """The workspace that the key belongs to."""
    return Page[WorkspaceRead](items=[service.show(await service.find(work, work.workspace))])


@router.get("/{workspace_id}", responses=documented(NotFound))
async def get_workspace(workspace_id: PathId, work: Viewing, response: Response) -> WorkspaceRead:
    """A workspace; its ETag is needed to change it."""
    row = await service.find(work, workspace_id)
    set_etag(response, row.row_version)
    return service.show(row)


@router.patch("/{workspace_id}", responses=documented(NotFound, Stale, InvalidInput, PreconditionRequired))
async def update_workspace(
    workspace_id: PathId, body: WorkspaceUpdate, work: Administering, response: Response, if_match: IfMatch
) -> WorkspaceRead:
    """Rename a workspace."""
    row = await service.rename(work, workspace_id, body.name, if_match)
    set_etag(response, row.row_version)
    return service.show(row)
