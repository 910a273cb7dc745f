"""All SQL of workspaces."""

from control_plane.access.work import Work
from control_plane.database.models import Workspace


async def get(work: Work, workspace_id: str) -> Workspace | None:
    """The workspace, if there is one."""
    return await work.session.get(Workspace, workspace_id)
