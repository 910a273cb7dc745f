"""Shows dead letters: with names of jobs and links to the partner's documentation."""

from collections.abc import Iterable, Sequence

import msgspec

from connectors.records.codec import UndecodableRecord, decode_event
from control_plane.access.work import Work
from control_plane.database.models import KeptDeadLetter
from control_plane.dead_letter import repository
from control_plane.dead_letter.schemas import DeadLetterCounts, DeadLetterDetail, DeadLetterRead, ReasonCount
from control_plane.dead_letter.selection import LetterFilter
from control_plane.errors import NotFound
from control_plane.pagination import Page, Paging
from control_plane.sample.service import as_json

SHOWN_BYTES = 32 * 1024


async def list_letters(work: Work, wanted: LetterFilter, paging: Paging) -> Page[DeadLetterRead]:
    """A page, newest first."""
    rows, cursor = await repository.page(work, wanted, paging)
    return paging.page(await show_all(work, rows), cursor)


async def letters_of(work: Work, delivery_ids: Iterable[str]) -> list[DeadLetterRead]:
    """What these deliveries left, oldest first."""
    return await show_all(work, await repository.of_deliveries(work, delivery_ids))


async def show_letter(work: Work, letter_id: str) -> DeadLetterDetail:
    """One, with its record, of which viewers see the shape only; raises `NotFound`."""
    row = await repository.get(work, letter_id)
    if row is None:
        raise NotFound(f"There is no dead letter {letter_id}; they are kept for 30 days.")
    (shown,) = await show_all(work, [row])
    redacted = not work.caller.sees_profiles
    record = _redacted(row.record) if redacted else row.record
    return DeadLetterDetail(
        **shown.model_dump(),
        record=None if record is None else record[:SHOWN_BYTES].decode("utf-8", "replace"),
        record_truncated=record is not None and (len(record) > SHOWN_BYTES or row.record_bytes > len(row.record)),
        redacted=redacted,
    )


async def count_letters(work: Work, wanted: LetterFilter) -> DeadLetterCounts:
    """By reason and connector, most frequent first."""
    rows = [ReasonCount(**row) for row in await repository.counts(work, wanted)]
    rows.sort(key=lambda row: (-row.count, row.reason, row.connector_id or ""))
    total, waiting = (sum(getattr(row, name) for row in rows) for name in ("count", "waiting"))
    return DeadLetterCounts(total=total, waiting=waiting, reasons=rows)


async def show_all(work: Work, rows: Sequence[KeptDeadLetter]) -> list[DeadLetterRead]:
    """As they go out."""
    types = await repository.connector_types(work, (row.connector_id for row in rows))
    jobs = await repository.job_ids(work, (row.job_number for row in rows))
    return [_show(work, row, types.get(row.connector_id or ""), jobs.get(row.job_number or 0)) for row in rows]


def _redacted(record: bytes) -> bytes | None:
    try:
        return msgspec.json.encode(as_json(decode_event(record), redacted=True))
    except UndecodableRecord:
        return None


def _show(work: Work, row: KeptDeadLetter, type_key: str | None, job_id: str | None) -> DeadLetterRead:
    type_ = work.types.get(type_key or "")
    told = {name: getattr(row, name) for name in DeadLetterRead.model_fields if name not in ("link", "replayed_by")}
    link = type_.code_link(row.partner_code) if type_ is not None and row.partner_code else None
    return DeadLetterRead(**told, link=link, replayed_by=job_id)
