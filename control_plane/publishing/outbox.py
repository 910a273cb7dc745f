"""Config records on their way out: written in the transaction of the change, published later by the relay."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.records.codec import encode
from connectors.records.config import ConfigRecord
from control_plane.database.models import ConfigKey, OutboxRow
from control_plane.errors import Conflict

KEPT = timedelta(days=7)
MAX_BYTES = 3 * 1024 * 1024


async def emit(session: AsyncSession, workspace: str, key: str, build: Callable[[int], ConfigRecord | None]) -> int:
    """Put the record of `key` into the outbox under its next revision, which is returned; `None` is a tombstone."""
    row = await session.get(ConfigKey, key, with_for_update=True)
    if row is None:
        row = ConfigKey(key=key, workspace=workspace, revision=0, value=None)
        session.add(row)
    row.revision += 1
    record = build(row.revision)
    row.value = None if record is None else _encoded(record)
    session.add(OutboxRow(key=key, value=row.value, created_at=datetime.now(UTC)))
    await session.flush()
    return row.revision


def _encoded(record: ConfigRecord) -> bytes:
    value = encode(record)
    if len(value) > MAX_BYTES:
        raise Conflict(f"This would be {len(value)} bytes; at most {MAX_BYTES} can be published.", code="too_large")
    return value


async def republish_all(session: AsyncSession, workspace: str | None = None) -> int:
    """Put what the topic must hold under every key (of a workspace) into the outbox again; returns how many records.

    Harmless at any time: readers ignore a revision that is not above theirs.
    """
    keys = select(ConfigKey.key, ConfigKey.value).order_by(ConfigKey.key).with_for_update()
    if workspace is not None:
        keys = keys.where(ConfigKey.workspace == workspace)
    now = datetime.now(UTC)
    rows = [OutboxRow(key=key, value=value, created_at=now) for key, value in await session.execute(keys)]
    session.add_all(rows)
    return len(rows)


async def waiting(session: AsyncSession, limit: int) -> Sequence[OutboxRow]:
    """The oldest rows that have not been published, in the order of each key's revisions."""
    statement = select(OutboxRow).where(OutboxRow.published_at.is_(None)).order_by(OutboxRow.id).limit(limit)
    return (await session.scalars(statement)).all()


async def count_waiting(session: AsyncSession) -> int:
    """How many rows have not been published."""
    return await session.scalar(select(func.count()).where(OutboxRow.published_at.is_(None))) or 0


async def waits_since(session: AsyncSession) -> datetime | None:
    """Since when the oldest row has been waiting; `None` when none is."""
    return await session.scalar(select(func.min(OutboxRow.created_at)).where(OutboxRow.published_at.is_(None)))


async def mark_published(session: AsyncSession, ids: Sequence[int]) -> None:
    """Note that these rows are on the topic, and forget those that have been there for a week."""
    now = datetime.now(UTC)
    await session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(published_at=now))
    await session.execute(delete(OutboxRow).where(OutboxRow.published_at < now - KEPT))
