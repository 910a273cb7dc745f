"""`/v1/jobs`: replays, planned, started, watched and cancelled."""

from fastapi import APIRouter, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.work import Operating, Viewing
from control_plane.errors import Conflict, InvalidInput, NotFound, documented
from control_plane.inputs import PathId
from control_plane.job import service
from control_plane.job.schemas import JobCreate, JobRead
from control_plane.pagination import Page, Paged

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.get("", responses=documented(InvalidInput))
async def list_jobs(work: Viewing, paging: Paged) -> Page[JobRead]:
    """Jobs, newest first."""
    return await service.list_jobs(work, paging)


@router.post("", status_code=201, response_model=JobRead, responses=documented(InvalidInput))
async def plan_job(body: JobCreate, work: Operating, repeated: Repeated) -> Response:
    """Plan a replay: the answer says what it would send. Nothing is sent before it is started."""

    async def create() -> JobRead:
        return await service.show(work, await service.plan(work, body))

    return await repeated.answer(work, create)


@router.get("/{job_id}", responses=documented(NotFound))
async def get_job(job_id: PathId, work: Viewing) -> JobRead:
    """A job, with its progress up to now."""
    return await service.show(work, await service.find(work, job_id))


@router.post("/{job_id}/start", status_code=202, responses=documented(NotFound, Conflict))
async def start_job(job_id: PathId, work: Operating) -> JobRead:
    """Have the workers send what was planned, at about a thousand deliveries per second."""
    return await service.show(work, await service.start(work, job_id))


@router.post("/{job_id}/cancel", status_code=202, responses=documented(NotFound, Conflict))
async def cancel_job(job_id: PathId, work: Operating) -> JobRead:
    """Hand nothing more over; what waits at the workers ends `skipped: cancelled`."""
    return await service.show(work, await service.cancel(work, job_id))
