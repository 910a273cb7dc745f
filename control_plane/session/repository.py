"""All SQL that begins and ends sessions."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from control_plane.database.models import Session


async def add(session: AsyncSession, row: Session) -> None:
    """A new one; those that have expired are forgotten."""
    await session.execute(delete(Session).where(Session.expires_at < row.created_at))
    session.add(row)
    await session.flush()


async def remove(session: AsyncSession, session_id: str) -> None:
    """End one, if it is there."""
    await session.execute(delete(Session).where(Session.id == session_id))
