"""The background task that hands running jobs to the workers: each command once, whatever crashes in between."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from control_plane.background import in_background
from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.database.models import Job, JobCommand
from control_plane.job.chunks import write_chunk
from control_plane.job.command_topic import CommandOut, CommandTopic
from control_plane.job.schemas import JobState
from control_plane.publishing.config_topic import Fenced, KafkaUnreachable

log = structlog.get_logger(__name__)

_CLOCKS_DIFFER = timedelta(minutes=5)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: for work, between two chunks of 500 deliveries, for better times, behind another process."""

    poll_seconds: float = 0.5
    chunk_seconds: float = 0.5
    retry_seconds: float = 2.0
    standby_seconds: float = 15.0


class JobSender:
    """A command is deleted when it is on the topic; what a crash left undecided is looked up on the topic itself."""

    def __init__(
        self,
        database: Database,
        topic: CommandTopic,
        pace: Pace = Pace(),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._topic = topic
        self._pace = pace
        self._now = now
        self._standby = False
        self.trouble: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send in the background while the block runs."""
        try:
            async with in_background(self._run, "job sender"):
                yield
        finally:
            await self._topic.close()

    async def _run(self) -> None:
        while True:
            try:
                await self._until_there_is_work()
                await self._topic.open()
                await self._settle()
                while await self.step():
                    await asyncio.sleep(self._pace.chunk_seconds)
                await self._topic.close()
                self.trouble, self._standby = None, False
            except Fenced:
                self._standby = True
            except (KafkaUnreachable, DatabaseUnavailable) as trouble:
                self._stumbled(str(trouble))
                await asyncio.sleep(self._pace.retry_seconds)

    async def step(self) -> bool:
        """Publish what waits, then put the next chunk of each running job on its way; false when nothing is left."""
        while commands := await self.waiting():
            await self._topic.publish(commands)
            await self._forget([command.mark for command in commands])
        async with self._database.transaction(write=False) as session:
            running = list(await session.scalars(select(Job.number).where(Job.state == JobState.RUNNING)))
        for number in running:
            async with self._database.transaction(write=True) as session:
                await write_chunk(session, number, self._now())
        return bool(running)

    async def _settle(self) -> None:
        """Forget what is on the topic already: it was written just before a crash, or its commit had no answer."""
        async with self._database.transaction(write=False) as session:
            oldest = await session.scalar(select(func.min(JobCommand.created_at)))
        if oldest is None:
            return
        written = await self._topic.written_since(oldest - _CLOCKS_DIFFER)
        async with self._database.transaction(write=False) as session:
            marks = list(await session.scalars(select(JobCommand.mark)))
        await self._forget([mark for mark in marks if mark in written])

    async def waiting(self) -> list[CommandOut]:
        """The oldest commands that are not known to be on the topic."""
        async with self._database.transaction(write=False) as session:
            rows = await session.scalars(select(JobCommand).order_by(JobCommand.id).limit(_AT_ONCE))
            return [CommandOut(row.mark, row.job_id, row.partition, row.value) for row in rows]

    async def _forget(self, marks: Sequence[str]) -> None:
        async with self._database.transaction(write=True) as session:
            await session.execute(delete(JobCommand).where(JobCommand.mark.in_(marks)))

    async def _until_there_is_work(self) -> None:
        while True:
            patience = timedelta(seconds=self._pace.standby_seconds if self._standby else 0)
            async with self._database.transaction(write=False) as session:
                if await _is_work(session, self._now() - patience):
                    return
            await asyncio.sleep(self._pace.poll_seconds)

    def _stumbled(self, trouble: str) -> None:
        if self.trouble != trouble:
            log.warning("cannot_send_jobs", detail=trouble)
        self.trouble = trouble


async def _is_work(session: AsyncSession, before: datetime) -> bool:
    """True when a command, or a running job, has waited since `before`: another process would have seen to it."""
    waiting = select(JobCommand.id).where(JobCommand.created_at <= before).limit(1)
    if await session.scalar(waiting) is not None:
        return True
    touched = func.coalesce(Job.worked_at, Job.started_at)
    running = select(Job.number).where(Job.state == JobState.RUNNING, touched <= before).limit(1)
    return await session.scalar(running) is not None
