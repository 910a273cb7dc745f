"""Shows dead letters: with names of jobs and links to the partner's documentation."""

from collections.abc import Iterable, Sequence

from control_plane.access.work import Work
from control_plane.database.models import KeptDeadLetter
from control_plane.dead_letter import repository
from control_plane.dead_letter.schemas import DeadLetterCounts, DeadLetterDetail, DeadLetterRead, ReasonCount
from control_plane.dead_letter.selection import LetterFilter
from control_plane.errors import NotFound
from control_plane.pagination import Page, Paging

SHOWN_BYTES = 32 * 1024


async def list_letters(work: Work, wanted: LetterFilter, paging: Paging) -> Page[DeadLetterRead]:
    """A page, newest first."""
    rows, cursor = await repository.page(work, wanted, paging)
    return paging.page(await show_all(work, rows), cursor)


async def letters_of(work: Work, delivery_ids: Iterable[str]) -> list[DeadLetterRead]:
    """What these deliveries left, oldest first."""
    return await show_all(work, await repository.of_deliveries(work, delivery_ids))


async def show_letter(work: Work, letter_id: str) -> DeadLetterDetail:
    """One, with its record; raises `NotFound`."""
    row = await repository.get(work, letter_id)
    if row is None:
        raise NotFound(f"There is no dead letter {letter_id}; they are kept for 30 days.")
    (shown,) = await show_all(work, [row])
    text = row.record[:SHOWN_BYTES].decode("utf-8", "replace")
    truncated = row.record_bytes > min(len(row.record), SHOWN_BYTES)
    return DeadLetterDetail(**shown.model_dump(), record=text, record_truncated=truncated)


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


def _show(work: Work, row: KeptDeadLetter, type_key: str | None, job_id: str | None) -> DeadLetterRead:
    type_ = work.types.get(type_key or "")
    told = {name: getattr(row, name) for name in DeadLetterRead.model_fields if name not in ("link", "replayed_by")}
    link = type_.code_link(row.partner_code) if type_ is not None and row.partner_code else None
    return DeadLetterRead(**told, link=link, replayed_by=job_id)
