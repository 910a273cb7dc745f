"""The rules of workspaces."""

from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.database.models import Workspace
from control_plane.errors import NotFound
from control_plane.preconditions import demand_current
from control_plane.workspace import repository
from control_plane.workspace.schemas import WorkspaceRead


async def find(work: Work, workspace_id: str) -> Workspace:
    """The caller's workspace; raises `NotFound` for any other."""
    row = await repository.get(work, workspace_id) if workspace_id == work.workspace else None
    if row is None:
        raise NotFound(f"There is no workspace {workspace_id}.")
    return row


async def rename(work: Work, workspace_id: str, name: str, expected: int | None) -> Workspace:
    """Give it another name."""
    row = await find(work, workspace_id)
    demand_current(row, expected)
    before, row.name = row.name, name
    row.updated_at, row.updated_by = work.now, work.caller.user_id
    await work.session.flush()
    record_change(work, "updated", "workspace", row.id, before={"name": before}, after={"name": name})
    return row


def show(row: Workspace) -> WorkspaceRead:
    """As an answer."""
    return WorkspaceRead(id=row.id, name=row.name, row_version=row.row_version, created_at=row.created_at)
