"""All SQL of alerts for the API."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from control_plane.access.work import Work
from control_plane.database.models import Alert, AlertMessage, AlertState
from control_plane.pagination import Paging, fetch_page


async def page(work: Work, paging: Paging) -> tuple[list[Alert], str | None]:
    """Oldest first."""
    return await fetch_page(work.session, select(Alert).where(Alert.workspace == work.workspace), (Alert.id,), paging)


async def get(work: Work, alert_id: str) -> Alert | None:
    """One of the workspace."""
    return await work.session.scalar(select(Alert).where(Alert.id == alert_id, Alert.workspace == work.workspace))


async def firing(work: Work, alert_ids: Iterable[str]) -> Sequence[AlertState]:
    """Where these alerts hold."""
    mine = (AlertState.alert_id.in_(list(alert_ids)), AlertState.firing)
    return (await work.session.scalars(select(AlertState).where(*mine).order_by(AlertState.connector_id))).all()


async def forget_states(work: Work, alert_id: str) -> None:
    """As if it had never looked."""
    await work.session.execute(delete(AlertState).where(AlertState.alert_id == alert_id))


async def page_of_messages(work: Work, alert_id: str, paging: Paging) -> tuple[list[AlertMessage], str | None]:
    """Newest first."""
    statement = select(AlertMessage).where(AlertMessage.alert_id == alert_id)
    return await fetch_page(work.session, statement, (AlertMessage.id,), paging, newest_first=True)
