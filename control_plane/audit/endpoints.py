"""`/v1/audit`: who changed what."""

from typing import Annotated

from fastapi import APIRouter, Query

from control_plane.access.work import Viewing
from control_plane.audit import repository
from control_plane.audit.schemas import AuditRead
from control_plane.errors import InvalidInput, documented
from control_plane.pagination import Page, Paged

router = APIRouter(prefix="/v1/audit", tags=["audit"])
Filter = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]


@router.get("", responses=documented(InvalidInput))
async def list_audit_entries(
    work: Viewing, paging: Paged, kind: Filter = None, object_id: Filter = None
) -> Page[AuditRead]:
    """Every change in the workspace, newest first."""
    rows, cursor = await repository.page(work, paging, kind=kind, object_id=object_id)
    return paging.page([AuditRead.model_validate(row, from_attributes=True) for row in rows], cursor)
