"""All SQL of the delivery explorer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from connectors.records.metrics_table import outcome_errors
from control_plane.access.work import Work
from control_plane.database.models import Connector, KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.delivery.selection import DeliveryFilter
from control_plane.pagination import Paging, fetch_page

_LATER = timedelta(days=2)


async def page(work: Work, wanted: DeliveryFilter, paging: Paging) -> tuple[list[KeptDelivery], str | None]:
    """By latest attempt, newest first."""
    statement = select(KeptDelivery).where(*wanted.conditions(work.workspace))
    return await fetch_page(work.session, statement, (KeptDelivery.last_id,), paging, newest_first=True)


async def get(work: Work, delivery_id: str) -> KeptDelivery | None:
    """One of the workspace."""
    return await work.session.get(KeptDelivery, (work.workspace, delivery_id))


async def attempts_of(work: Work, delivery_ids: Iterable[str], limit: int) -> Sequence[KeptAttempt]:
    """The newest attempts of these deliveries, oldest first."""
    mine = (KeptAttempt.workspace == work.workspace, KeptAttempt.delivery_id.in_(list(delivery_ids)))
    newest = select(KeptAttempt).where(*mine).order_by(KeptAttempt.id.desc()).limit(limit)
    return list(reversed((await work.session.scalars(newest)).all()))


async def traced_deliveries(work: Work, column: str, value: str, limit: int) -> Sequence[KeptDelivery]:
    """The newest deliveries that have this in a column: `event_hash`, `profile_hash` or `delivery_id`."""
    mine = (KeptDelivery.workspace == work.workspace, getattr(KeptDelivery, column) == value)
    statement = select(KeptDelivery).where(*mine).order_by(KeptDelivery.last_id.desc()).limit(limit)
    return (await work.session.scalars(statement)).all()


async def traced_letters(work: Work, column: str, value: str, limit: int) -> Sequence[KeptDeadLetter]:
    """The newest dead letters, likewise."""
    mine = (KeptDeadLetter.workspace == work.workspace, getattr(KeptDeadLetter, column) == value)
    statement = select(KeptDeadLetter).where(*mine).order_by(KeptDeadLetter.id.desc()).limit(limit)
    return (await work.session.scalars(statement)).all()


async def errors_of(work: Work, letters: Sequence[KeptDeadLetter]) -> list[Mapping[str, Any]]:
    """The outcomes that ended these dead letters' deliveries, by an index on connector and time."""
    ended = [letter for letter in letters if letter.delivery_id is not None]
    if not ended:
        return []
    c = outcome_errors.c
    first, last = (int(at.timestamp()) for at in (min(row.at for row in ended), max(row.at for row in ended) + _LATER))
    conditions: list[ColumnElement[bool]] = [
        c.workspace == work.workspace,
        c.connector_id.in_({letter.connector_id for letter in ended}),
        c["at"].between(first - 60, last),
        c.delivery_id.in_({letter.delivery_id for letter in ended}),
    ]
    return [dict(row) for row in (await work.session.execute(select(outcome_errors).where(*conditions))).mappings()]


async def connector_types(work: Work, connector_ids: Iterable[str]) -> dict[str, str]:
    """The types of these connectors, as far as they still exist."""
    mine = (Connector.workspace == work.workspace, Connector.id.in_(set(connector_ids)))
    return {row[0]: row[1] for row in await work.session.execute(select(Connector.id, Connector.type).where(*mine))}
