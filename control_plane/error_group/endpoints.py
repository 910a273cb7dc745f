"""`/v1/error-groups`: errors that are the same, as one."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from control_plane.access.work import Viewing
from control_plane.error_group import service
from control_plane.error_group.repository import Span
from control_plane.error_group.schemas import ErrorGroups
from control_plane.errors import InvalidInput, documented
from control_plane.following.filters import IdFilter

router = APIRouter(prefix="/v1/error-groups", tags=["errors"])


@router.get("", responses=documented(InvalidInput))
async def list_error_groups(
    work: Viewing,
    connector_id: IdFilter = None,
    days: Annotated[int, Query(ge=1, le=90, description="How far to look back.")] = 7,
) -> ErrorGroups:
    """Errors by connector, class, reason and partner code: how many, since when, the likely cause, what to do."""
    start, end = work.now - timedelta(days=days), work.now + timedelta(seconds=1)
    return await service.read_groups(work, Span(int(start.timestamp()), int(end.timestamp()), connector_id))
