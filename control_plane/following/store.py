"""The rows of followed topics in SQL: a chunk and its positions in one transaction, and what is removed again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from control_plane.database.engine import Database
from control_plane.database.models import FollowedPosition, KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.following.moments import ATTEMPT, DEAD_LETTER, moment_floor
from control_plane.following.rows import Row, Rows

Place = tuple[str, int]  # topic, partition


class Overtaken(Exception):
    """Another process has stored these records meanwhile: nothing was stored; read the positions again."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a chunk moves the position of a partition."""

    place: Place
    expected: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How long rows are kept, and how many of a workspace; the newest stay."""

    dead_letters_for: timedelta = timedelta(days=30)
    dead_letters: int = 1_000_000
    attempts_for: timedelta = timedelta(days=7)
    attempts: int = 200_000


class FollowedStore:
    """Safe to use from several processes at once: of two that bring the same records, one is overtaken."""

    def __init__(self, database: Database, kept: Kept = Kept()) -> None:
        self._database = database
        self.kept = kept

    async def positions(self, topics: Sequence[str]) -> dict[Place, int]:
        """The next offset of each partition that was ever read; raises `DatabaseUnavailable`."""
        statement = select(FollowedPosition).where(FollowedPosition.topic.in_(topics))
        async with self._database.transaction(write=False) as session:
            return {(row.topic, row.partition): row.next_offset for row in await session.scalars(statement)}

    async def apply(self, steps: Sequence[Step], rows: Rows) -> None:
        """Store all of it or nothing; raises `Overtaken` or `DatabaseUnavailable`."""
        async with self._database.transaction(write=True) as session:
            for step in sorted(steps, key=lambda step: step.place):
                await _move(session, step)
            await _add(session, KeptDeadLetter, rows.dead_letters)
            await _add(session, KeptAttempt, rows.attempts)
            await _keep_latest(session, [rows.deliveries[key] for key in sorted(rows.deliveries)])

    async def prune(self, now: datetime) -> None:
        """Remove what is no longer kept, one workspace and one short transaction after another."""
        workspace: str | None = ""
        while workspace is not None:
            async with self._database.transaction(write=True) as session:
                workspace = await _next_workspace(session, workspace)
                if workspace is not None:
                    await self._prune_attempts(session, workspace, now)
                    await self._prune_dead_letters(session, workspace, now)

    async def _prune_attempts(self, session: AsyncSession, workspace: str, now: datetime) -> None:
        horizon = moment_floor(ATTEMPT, now - self.kept.attempts_for)
        horizon = max(horizon, await _surplus(session, KeptAttempt, workspace, self.kept.attempts))
        of_workspace = (KeptAttempt.workspace == workspace, KeptAttempt.id <= horizon)
        await session.execute(delete(KeptAttempt).where(*of_workspace))
        of_workspace = (KeptDelivery.workspace == workspace, KeptDelivery.last_id <= horizon)
        await session.execute(delete(KeptDelivery).where(*of_workspace))

    async def _prune_dead_letters(self, session: AsyncSession, workspace: str, now: datetime) -> None:
        horizon = moment_floor(DEAD_LETTER, now - self.kept.dead_letters_for)
        horizon = max(horizon, await _surplus(session, KeptDeadLetter, workspace, self.kept.dead_letters))
        surplus = (KeptDeadLetter.workspace == workspace, KeptDeadLetter.id <= horizon)
        await session.execute(delete(KeptDeadLetter).where(*surplus))


async def _move(session: AsyncSession, step: Step) -> None:
    topic, partition = step.place
    if step.expected == 0:
        first = {"topic": topic, "partition": partition, "next_offset": 0}
        await session.execute(_insert(session, FollowedPosition).values(**first).on_conflict_do_nothing())
    moved: Any = await session.execute(
        update(FollowedPosition)
        .where(
            FollowedPosition.topic == topic,
            FollowedPosition.partition == partition,
            FollowedPosition.next_offset == step.expected,
        )
        .values(next_offset=step.next_offset)
    )
    if moved.rowcount != 1:
        raise Overtaken(f"{topic}/{partition} is not at {step.expected} any more")


async def _add(session: AsyncSession, model: Any, rows: Sequence[Row]) -> None:
    if rows:
        await session.execute(_insert(session, model.__table__).on_conflict_do_nothing(), rows)


async def _keep_latest(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    table: Any = KeptDelivery.__table__
    insert = _insert(session, table)
    latest = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    upsert = insert.on_conflict_do_update(
        index_elements=list(table.primary_key), set_=latest, where=table.c.last_id < insert.excluded.last_id
    )
    await session.execute(upsert, rows)


async def _surplus(session: AsyncSession, model: Any, workspace: str, kept: int) -> str:
    newest = select(model.id).where(model.workspace == workspace).order_by(model.id.desc())
    return await session.scalar(newest.offset(kept).limit(1)) or ""


async def _next_workspace(session: AsyncSession, after: str) -> str | None:
    following = [
        await session.scalar(select(model.workspace).where(model.workspace > after).order_by(model.workspace).limit(1))
        for model in (KeptAttempt, KeptDeadLetter)
    ]
    return min((workspace for workspace in following if workspace is not None), default=None)


def _insert(session: AsyncSession, target: Any) -> Any:
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(target)
