"""Errors one by one: a page of them, or all of a filter as CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from control_plane.access.work import Work
from control_plane.outcome import repository
from control_plane.outcome.repository import ErrorFilter
from control_plane.outcome.schemas import ErrorPage, ErrorRead
from control_plane.pagination import Paging

COLUMNS = (
    "at",
    "connector_id",
    "action_id",
    "delivery_id",
    "event_id",
    "profile_id",
    "change",
    "outcome",
    "reason",
    "partner_code",
    "http_status",
    "attempts",
    "run",
)
_BATCH = 1000
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


async def read_page(work: Work, wanted: ErrorFilter, paging: Paging) -> ErrorPage:
    """A page, newest first."""
    rows, cursor = await repository.page_of_errors(work, wanted, paging)
    types = {row.id: row.type for row in (await repository.names(work, wanted.scope))[0]}
    page = paging.page([_read(work, row, types) for row in rows], cursor)
    return ErrorPage(**page.model_dump(), truncated=await is_truncated(work, wanted))


async def is_truncated(work: Work, wanted: ErrorFilter) -> bool:
    """True when rows of this window have been removed."""
    return await repository.complete_from(work, wanted.scope) > wanted.start


async def csv_lines(work: Work, wanted: ErrorFilter, *, bom: bool) -> AsyncIterator[str]:
    """The rows of a filter as CSV (RFC 4180), in batches, each read in a transaction of its own."""
    yield ("\ufeff" if bom else "") + csv_text([COLUMNS])
    place: tuple[int, int, int] | None = None
    while True:
        async with work.parts.database.transaction(write=False) as session:
            rows = await repository.errors_before(replace(work, session=session), wanted, place, _BATCH)
        if not rows:
            return
        yield csv_text([_cells(row) for row in rows])
        place = (rows[-1]["at"], rows[-1]["partition"], rows[-1]["offset"])


def safe_cell(value: Any) -> str:
    """The text of a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def csv_text(rows: Any) -> str:
    """Rows as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cells(row: Mapping[str, Any]) -> list[str]:
    told = {**row, "outcome": row["class"], "at": datetime.fromtimestamp(row["at"], UTC).isoformat()}
    return [safe_cell(told[name]) for name in COLUMNS]


def _read(work: Work, row: Mapping[str, Any], types: Mapping[str, str]) -> ErrorRead:
    type_ = work.types.get(types.get(row["connector_id"], ""))
    code = row["partner_code"] or None
    return ErrorRead(
        **{name: row[name] for name in COLUMNS if name not in ("at", "outcome", "reason", "partner_code")},
        at=datetime.fromtimestamp(row["at"], UTC),
        outcome=row["class"],
        reason=row["reason"] or None,
        partner_code=code,
        link=type_.code_link(code) if type_ is not None and code is not None else None,
    )
