"""All SQL that reads dead letters for the API."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import undefer

from control_plane.access.work import Work
from control_plane.database.models import Connector, Job, KeptDeadLetter
from control_plane.dead_letter.selection import LetterFilter, waits
from control_plane.pagination import Paging, fetch_page


async def page(work: Work, wanted: LetterFilter, paging: Paging) -> tuple[list[KeptDeadLetter], str | None]:
    """Newest first."""
    statement = select(KeptDeadLetter).where(*wanted.conditions(work.workspace))
    return await fetch_page(work.session, statement, (KeptDeadLetter.id,), paging, newest_first=True)


async def get(work: Work, letter_id: str) -> KeptDeadLetter | None:
    """One, with its record."""
    statement = select(KeptDeadLetter).options(undefer(KeptDeadLetter.record))
    mine = (KeptDeadLetter.id == letter_id, KeptDeadLetter.workspace == work.workspace)
    return await work.session.scalar(statement.where(*mine))


async def of_deliveries(work: Work, delivery_ids: Iterable[str]) -> Sequence[KeptDeadLetter]:
    """Those of these deliveries, oldest first."""
    mine = (KeptDeadLetter.workspace == work.workspace, KeptDeadLetter.delivery_id.in_(list(delivery_ids)))
    return (await work.session.scalars(select(KeptDeadLetter).where(*mine).order_by(KeptDeadLetter.id))).all()


async def counts(work: Work, wanted: LetterFilter) -> list[Any]:
    """By reason and connector."""
    keys = (KeptDeadLetter.reason, KeptDeadLetter.connector_id)
    statement = (
        select(
            *keys,
            func.count().label("count"),
            func.sum(case((waits(), 1), else_=0)).label("waiting"),
            func.min(KeptDeadLetter.at).label("oldest_at"),
            func.max(KeptDeadLetter.at).label("newest_at"),
        )
        .where(*wanted.conditions(work.workspace))
        .group_by(*keys)
    )
    return list((await work.session.execute(statement)).mappings())


async def connector_types(work: Work, connector_ids: Iterable[str | None]) -> dict[str, str]:
    """The types of these connectors, as far as they still exist."""
    wanted = {connector_id for connector_id in connector_ids if connector_id is not None}
    mine = (Connector.workspace == work.workspace, Connector.id.in_(wanted))
    return {row[0]: row[1] for row in await work.session.execute(select(Connector.id, Connector.type).where(*mine))}


async def job_ids(work: Work, numbers: Iterable[int | None]) -> dict[int, str]:
    """The ids of jobs by number."""
    wanted = {number for number in numbers if number is not None}
    return {
        row[0]: row[1] for row in await work.session.execute(select(Job.number, Job.id).where(Job.number.in_(wanted)))
    }
