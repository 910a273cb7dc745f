"""The next part of a job's selection as commands, with the job's progress in one transaction."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import Command, CommandKind, ReplayItem
from control_plane.database.locking import locked
from control_plane.database.models import Job, JobCommand, KeptDeadLetter
from control_plane.ids import new_id
from control_plane.job.schemas import JobState
from control_plane.job.selection import selected, sendable, wanted_of

CHUNK = 500
ITEMS_PER_COMMAND = 100
BYTES_PER_COMMAND = 900_000
BYTES_PER_CHUNK = 16 * 1024 * 1024


async def write_chunk(session: AsyncSession, number: int, now: datetime) -> int:
    """Put the next commands of a running job on their way; returns how many deliveries, 0 when it has none left."""
    job = await session.scalar(locked(select(Job).where(Job.number == number)))
    if job is None or job.state != JobState.RUNNING:
        return 0
    letters = await _next_letters(session, job)
    job.worked_at = now
    if not letters:
        job.state, job.ended_at = JobState.DELIVERING, now
        return 0
    for partition, items in _commands(letters):
        session.add(on_its_way(_command(job, items, now), partition))
    sent = [letter.id for letter in letters]
    await session.execute(update(KeptDeadLetter).where(KeptDeadLetter.id.in_(sent)).values(job_number=job.number))
    job.last_letter, job.handed_over = sent[-1], job.handed_over + len(sent)
    return len(sent)


def on_its_way(command: Command, partition: int | None) -> JobCommand:
    """A command to be written to one partition, or to every one."""
    return JobCommand(
        mark=new_id("cmd"), job_id=command.job_id, partition=partition, value=encode(command), created_at=command.at
    )


async def _next_letters(session: AsyncSession, job: Job) -> list[KeptDeadLetter]:
    statement = select(KeptDeadLetter).options(undefer(KeptDeadLetter.record)).order_by(KeptDeadLetter.id)
    chosen = await _next_ids(session, job)
    return list(await session.scalars(statement.where(KeptDeadLetter.id.in_(chosen))))


async def _next_ids(session: AsyncSession, job: Job) -> list[str]:
    """The oldest that are left, and not too many bytes of them; nobody else sends these before this is committed."""
    wanted = wanted_of(job)
    statement = (
        select(KeptDeadLetter.id, KeptDeadLetter.record_bytes)
        .where(
            *selected(job.workspace, wanted),
            sendable(wanted),
            KeptDeadLetter.id > job.last_letter,
            KeptDeadLetter.id <= job.newest_letter,
        )
        .order_by(KeptDeadLetter.id)
        .limit(CHUNK)
        .with_for_update()
    )
    chosen: list[str] = []
    total = 0
    for letter_id, record_bytes in await session.execute(statement):
        total += record_bytes
        if chosen and total > BYTES_PER_CHUNK:
            break
        chosen.append(letter_id)
    return chosen


def _commands(letters: Iterable[KeptDeadLetter]) -> Iterator[tuple[int, list[KeptDeadLetter]]]:
    """By partition, oldest first, cut where a command would be too large."""
    by_partition: dict[int, list[KeptDeadLetter]] = {}
    for letter in letters:
        by_partition.setdefault(letter.partition, []).append(letter)
    for partition, found in sorted(by_partition.items()):
        part: list[KeptDeadLetter] = []
        for letter in found:
            if part and (len(part) == ITEMS_PER_COMMAND or _size(part) + len(letter.record) > BYTES_PER_COMMAND):
                yield partition, part
                part = []
            part.append(letter)
        yield partition, part


def _size(letters: Iterable[KeptDeadLetter]) -> int:
    return sum(len(letter.record) for letter in letters)


def _command(job: Job, letters: Iterable[KeptDeadLetter], now: datetime) -> Command:
    return Command(
        v=SCHEMA_VERSION,
        workspace=job.workspace,
        job_id=job.id,
        kind=CommandKind.REPLAY,
        run=job.number,
        at=now,
        items=tuple(_item(letter) for letter in letters),
    )


def _item(letter: KeptDeadLetter) -> ReplayItem:
    return ReplayItem(
        delivery_id=letter.delivery_id or "",
        connector_id=letter.connector_id or "",
        action_id=letter.action_id or "",
        offset=letter.offset,
        appended_at=letter.appended_at,
        event=msgspec.Raw(letter.record),
    )
