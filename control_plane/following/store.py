"""The rows of followed topics in SQL: a chunk and its positions in one transaction, and what is removed again."""

import asyncio
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

_PAUSE_SECONDS = 0.1  # between slices: as long as a writer that waits for SQLite sleeps before it tries again


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
    """How long rows are kept, and how many of a workspace; the newest stay. `at_once` go in one transaction."""

    dead_letters_for: timedelta = timedelta(days=30)
    dead_letters: int = 1_000_000
    attempts_for: timedelta = timedelta(days=7)
    attempts: int = 200_000
    at_once: int = 10_000


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
        workspace = await self._next_workspace("")
        while workspace is not None:
            await self._prune_attempts(workspace, now)
            await self._prune_dead_letters(workspace, now)
            workspace = await self._next_workspace(workspace)

    async def _prune_attempts(self, workspace: str, now: datetime) -> None:
        horizon = await self._surplus(KeptAttempt, workspace, self.kept.attempts)
        horizon = max(horizon, moment_floor(ATTEMPT, now - self.kept.attempts_for))
        # The attempts go last: as long as there are too many, the horizon is found again after a crash.
        await self._remove(KeptDelivery.last_id, workspace, horizon)
        await self._remove(KeptAttempt.id, workspace, horizon)

    async def _prune_dead_letters(self, workspace: str, now: datetime) -> None:
        horizon = await self._surplus(KeptDeadLetter, workspace, self.kept.dead_letters)
        horizon = max(horizon, moment_floor(DEAD_LETTER, now - self.kept.dead_letters_for))
        await self._remove(KeptDeadLetter.id, workspace, horizon)

    async def _surplus(self, model: Any, workspace: str, kept: int) -> str:
        newest = select(model.id).where(model.workspace == workspace).order_by(model.id.desc())
        async with self._database.transaction(write=False) as session:
            return await session.scalar(newest.offset(kept).limit(1)) or ""

    async def _remove(self, moment: Any, workspace: str, horizon: str) -> None:
        while await self._remove_oldest(moment, workspace, horizon) == self.kept.at_once:
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _remove_oldest(self, moment: Any, workspace: str, horizon: str) -> int:
        of_workspace = moment.class_.workspace == workspace
        oldest = select(moment).where(of_workspace, moment <= horizon).order_by(moment).limit(self.kept.at_once)
        statement = delete(moment.class_.__table__).where(of_workspace, moment.in_(oldest))
        async with self._database.transaction(write=True) as session:
            removed: Any = await session.execute(statement)
        return int(removed.rowcount)

    async def _next_workspace(self, after: str) -> str | None:
        async with self._database.transaction(write=False) as session:
            following = [
                await session.scalar(
                    select(model.workspace).where(model.workspace > after).order_by(model.workspace).limit(1)
                )
                for model in (KeptAttempt, KeptDeadLetter)
            ]
        return min((workspace for workspace in following if workspace is not None), default=None)


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


def _insert(session: AsyncSession, target: Any) -> Any:
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(target)
