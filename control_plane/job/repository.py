"""All SQL of jobs for the API."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.sql.elements import ColumnElement

from connectors.records.metrics_table import run_counts
from control_plane.access.work import Work
from control_plane.database.locking import locked
from control_plane.database.models import Action, Connector, Job, KeptDeadLetter
from control_plane.job.schemas import JobCreate
from control_plane.job.selection import selected, sendable
from control_plane.pagination import Paging, fetch_page


async def page(work: Work, paging: Paging) -> tuple[list[Job], str | None]:
    """Newest first."""
    statement = select(Job).where(Job.workspace == work.workspace)
    return await fetch_page(work.session, statement, (Job.number,), paging, newest_first=True)


async def get(work: Work, job_id: str, *, lock: bool) -> Job | None:
    """One of the workspace; with `lock`, nobody works on it before this transaction ends."""
    statement = select(Job).where(Job.id == job_id, Job.workspace == work.workspace)
    return await work.session.scalar(locked(statement) if lock else statement)


async def counted(work: Work, wanted: JobCreate) -> list[Any]:
    """By connector and action: what is selected, and what becomes of it."""
    keys = (KeptDeadLetter.connector_id, KeptDeadLetter.action_id)
    statement = (
        select(
            *keys,
            func.count().label("matching"),
            _count_if(sendable(wanted)).label("will_send"),
            _count_if(~KeptDeadLetter.replayable).label("not_replayable"),
            _count_if(KeptDeadLetter.replayable & KeptDeadLetter.job_number.is_not(None)).label("replayed"),
            func.max(KeptDeadLetter.id).label("newest"),
        )
        .where(*selected(work.workspace, wanted))
        .group_by(*keys)
    )
    return list((await work.session.execute(statement)).mappings())


async def actions(work: Work, action_ids: Iterable[str]) -> dict[str, tuple[str, bool]]:
    """The name of each action, and whether it and its connector are active."""
    statement = (
        select(Action.id, Action.name, Action.active & Connector.active & ~Action.removed)
        .join(Connector, Connector.id == Action.connector_id)
        .where(Action.workspace == work.workspace, Action.id.in_(set(action_ids)))
    )
    return {row[0]: (row[1], bool(row[2])) for row in await work.session.execute(statement)}


async def ended(work: Work, numbers: Iterable[int]) -> dict[int, list[tuple[str, str, int]]]:
    """How the deliveries of each run ended: class, reason, count."""
    found: dict[int, list[tuple[str, str, int]]] = {}
    statement = select(run_counts).where(run_counts.c.run.in_(set(numbers)))
    for run, class_, reason, count in await work.session.execute(statement):
        found.setdefault(run, []).append((class_, reason, int(count)))
    return found


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
