"""The rules of jobs: planned first, started by a person, cancelled at any time."""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.delivery import Command, CommandKind, OutcomeClass
from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.database.models import Job
from control_plane.errors import Conflict, NotFound
from control_plane.ids import new_id
from control_plane.job import repository
from control_plane.job.chunks import on_its_way
from control_plane.job.schemas import JobCreate, JobRead, JobState, Plan, PlannedAction, Progress
from control_plane.job.selection import wanted_of
from control_plane.pagination import Page, Paging

_CANCELLABLE = (JobState.PLANNED, JobState.RUNNING, JobState.DELIVERING)


async def list_jobs(work: Work, paging: Paging) -> Page[JobRead]:
    """A page, newest first."""
    rows, cursor = await repository.page(work, paging)
    return paging.page(await _show_all(work, rows), cursor)


async def show(work: Work, job: Job) -> JobRead:
    """As an answer."""
    (shown,) = await _show_all(work, [job])
    return shown


async def find(work: Work, job_id: str, *, lock: bool = False) -> Job:
    """The job; raises `NotFound`."""
    job = await repository.get(work, job_id, lock=lock)
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


async def plan(work: Work, wanted: JobCreate) -> Job:
    """Count what would be sent; nothing is."""
    counted = await repository.counted(work, wanted)
    job = Job(
        id=new_id("job"),
        workspace=work.workspace,
        kind=wanted.kind,
        state=JobState.PLANNED,
        selection=wanted.model_dump(mode="json", exclude_none=True),
        plan=(await _plan(work, wanted, counted)).model_dump(mode="json"),
        newest_letter=max((row["newest"] for row in counted), default=""),
        last_letter="",
        handed_over=0,
        created_at=work.now,
        created_by=work.caller.user_id,
    )
    work.session.add(job)
    await work.session.flush()
    record_change(work, "planned", "job", job.id, after={"selection": job.selection, "plan": job.plan})
    return job


async def start(work: Work, job_id: str) -> Job:
    """Have a planned job send; raises `Conflict` when it was started or cancelled, or has nothing to send."""
    job = await find(work, job_id, lock=True)
    if job.state != JobState.PLANNED:
        raise Conflict(f"This job is {job.state}; plan another one.", code="not_planned")
    if not job.plan["will_send"]:
        raise Conflict("This job has nothing to send.", code="nothing_to_send")
    job.state, job.started_at = JobState.RUNNING, work.now
    record_change(work, "started", "job", job.id, after={"will_send": job.plan["will_send"]})
    return job


async def cancel(work: Work, job_id: str) -> Job:
    """Send nothing more; what waits at the workers ends `skipped: cancelled`. Raises `Conflict` when it has ended."""
    job = await find(work, job_id, lock=True)
    if job.state == JobState.CANCELLED:
        return job
    if (await show(work, job)).state not in _CANCELLABLE:
        raise Conflict("This job has finished already.", code="finished")
    if job.state != JobState.PLANNED:
        command = Command(
            v=SCHEMA_VERSION,
            workspace=job.workspace,
            job_id=job.id,
            kind=CommandKind.CANCEL,
            run=job.number,
            at=work.now,
        )
        work.session.add(on_its_way(command, None))
    job.state, job.ended_at = JobState.CANCELLED, work.now
    record_change(work, "cancelled", "job", job.id, after={"handed_over": job.handed_over})
    return job


async def _plan(work: Work, wanted: JobCreate, counted: Sequence[Any]) -> Plan:
    known = await repository.actions(work, (row["action_id"] for row in counted if row["action_id"]))
    matching, will_send, lost, replayed = (
        sum(int(row[name]) for row in counted) for name in ("matching", "will_send", "not_replayable", "replayed")
    )
    already = 0 if wanted.include_replayed else replayed
    return Plan(
        matching=matching,
        will_send=will_send,
        not_replayable=lost,
        already_replayed=already,
        replaced=matching - will_send - lost - already,
        actions=[_planned(row, known) for row in counted if row["will_send"]],
    )


def _planned(row: Any, known: dict[str, tuple[str, bool]]) -> PlannedAction:
    name, active = known.get(row["action_id"], (None, False))
    return PlannedAction(
        connector_id=row["connector_id"],
        action_id=row["action_id"],
        name=name,
        active=active,
        count=int(row["will_send"]),
    )


async def _show_all(work: Work, jobs: Sequence[Job]) -> list[JobRead]:
    ended = await repository.ended(work, (job.number for job in jobs))
    return [_show(job, _progress(job, ended.get(job.number, ()))) for job in jobs]


def _show(job: Job, progress: Progress) -> JobRead:
    wanted = wanted_of(job)
    done = job.state == JobState.DELIVERING and not progress.waiting
    named = ("id", "number", "kind", "created_at", "created_by", "started_at", "ended_at")
    return JobRead(
        **{name: getattr(job, name) for name in named},
        state=JobState.FINISHED if done else JobState(job.state),
        selection=wanted.selection.model_dump(mode="json", exclude_none=True),
        include_replayed=wanted.include_replayed,
        plan=Plan.model_validate(job.plan),
        progress=progress,
    )


def _progress(job: Job, ended: Iterable[tuple[str, str, int]]) -> Progress:
    told = Progress(handed_over=job.handed_over, ended=0, waiting=0)
    for class_, reason, count in ended:
        told.ended += count
        match OutcomeClass(class_):
            case OutcomeClass.SENT:
                told.sent += count
            case OutcomeClass.REMOVED:
                told.removed += count
            case OutcomeClass.SKIPPED:
                told.skipped_total += count
                told.skipped[reason] = told.skipped.get(reason, 0) + count
            case error:
                told.errors_total += count
                told.errors[error] = told.errors.get(error, 0) + count
    told.waiting = max(0, job.handed_over - told.ended)
    return told
