"""`/v1/dead-letters`: what could not be read or delivered. Replays are jobs, `/v1/jobs`."""

from typing import Annotated

from fastapi import APIRouter, Depends

from control_plane.access.work import Viewing
from control_plane.dead_letter import service
from control_plane.dead_letter.schemas import DeadLetterCounts, DeadLetterDetail, DeadLetterRead
from control_plane.dead_letter.selection import LetterFilter
from control_plane.errors import InvalidInput, NotFound, documented
from control_plane.inputs import PathId
from control_plane.pagination import Page, Paged

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])


Wanted = Annotated[LetterFilter, Depends()]


@router.get("", responses=documented(InvalidInput))
async def list_dead_letters(work: Viewing, wanted: Wanted, paging: Paged) -> Page[DeadLetterRead]:
    """Dead letters of the last 30 days, newest first."""
    return await service.list_letters(work, wanted, paging)


@router.get("/counts", responses=documented(InvalidInput))
async def count_dead_letters(work: Viewing, wanted: Wanted) -> DeadLetterCounts:
    """How many there are for each reason, under the same filter."""
    return await service.count_letters(work, wanted)


@router.get("/{dead_letter_id}", responses=documented(NotFound))
async def get_dead_letter(dead_letter_id: PathId, work: Viewing) -> DeadLetterDetail:
    """One dead letter with its record. Values of profiles are shown to editors and admins."""
    return await service.show_letter(work, dead_letter_id)
