"""Which dead letters a job is about, and which of them it sends."""

from sqlalchemy import ColumnElement, and_

from control_plane.database.models import Job, KeptDeadLetter
from control_plane.dead_letter.selection import is_newest_of_its_delivery, waits
from control_plane.job.schemas import ChosenLetters, JobCreate

SelectionConditions = list[ColumnElement[bool]]


def selected(workspace: str, wanted: JobCreate) -> SelectionConditions:
    """The letters of the workspace that the selection names."""
    match wanted.selection:
        case ChosenLetters(ids=ids):
            return [KeptDeadLetter.workspace == workspace, KeptDeadLetter.id.in_(ids)]
        case matching:
            return matching.filter().conditions(workspace)


def sendable(wanted: JobCreate) -> ColumnElement[bool]:
    """True for a letter that the job sends: replayable, not sent by another job, and the last of its delivery."""
    allowed = KeptDeadLetter.replayable if wanted.include_replayed else waits()
    return and_(allowed, is_newest_of_its_delivery())


def wanted_of(job: Job) -> JobCreate:
    """What a stored job was asked for."""
    return JobCreate.model_validate(job.selection)
