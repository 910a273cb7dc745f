"""`/v1/statistics/freshness`: whether the counts are up to date."""

from fastapi import APIRouter

from control_plane.access.work import Viewing
from control_plane.errors import documented
from control_plane.freshness.schemas import FreshnessRead

router = APIRouter(prefix="/v1/statistics/freshness", tags=["statistics"])


@router.get("", responses=documented())
async def get_freshness(work: Viewing) -> FreshnessRead:
    """Whether what happened is counted; `stale` after half a minute of waiting."""
    return work.parts.freshness.read(work.now)
