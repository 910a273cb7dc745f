"""`/v1/statistics` and `/v1/errors`: what became of deliveries."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from connectors.records.delivery import OutcomeClass
from control_plane.access.work import Viewing
from control_plane.errors import InvalidInput, documented
from control_plane.outcome import errors, service
from control_plane.outcome.repository import ErrorFilter, Scope
from control_plane.outcome.schemas import Detail, ErrorPage, Statistics
from control_plane.outcome.window import WindowLength, window_of
from control_plane.pagination import Paged

router = APIRouter(prefix="/v1", tags=["statistics"])

Id = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]
Zone = Annotated[str, Query(max_length=64, description="A name such as Europe/Amsterdam.")]
Code = Annotated[str | None, Query(max_length=64, pattern="^[^\\x00]*$")]


def _scope(connector_id: Id = None, action_id: Id = None) -> Scope:
    return Scope(connector_id, action_id)


Scoped = Annotated[Scope, Depends(_scope)]


def _error_filter(
    work: Viewing,
    scope: Scoped,
    window: WindowLength = WindowLength.WEEK,
    time_zone: Zone = "UTC",
    outcome: OutcomeClass | None = None,
    partner_code: Code = None,
) -> ErrorFilter:
    span = window_of(window, service.find_zone(time_zone), work.now)
    return ErrorFilter(scope, span.start, span.end, outcome, partner_code)


ErrorsWanted = Annotated[ErrorFilter, Depends(_error_filter, scope="function")]


@router.get("/statistics", responses=documented(InvalidInput))
async def get_statistics(
    work: Viewing,
    scope: Scoped,
    window: WindowLength = WindowLength.WEEK,
    time_zone: Zone = "UTC",
    detail: Detail = Detail.DAYS,
) -> Statistics:
    """What was sent, removed, skipped and refused in the last 7, 30 or 90 days, by day of the caller's calendar."""
    return await service.read_statistics(work, window, service.find_zone(time_zone), scope, detail)


@router.get("/errors", responses=documented(InvalidInput))
async def list_errors(work: Viewing, wanted: ErrorsWanted, paging: Paged) -> ErrorPage:
    """The deliveries that ended in error, newest first."""
    return await errors.read_page(work, wanted, paging)


@router.get("/errors.csv", response_class=StreamingResponse, responses=documented(InvalidInput))
async def download_errors(work: Viewing, wanted: ErrorsWanted, bom: bool = False) -> StreamingResponse:
    """The same as CSV. `bom` helps some spreadsheets to see that it is UTF-8."""
    truncated = "true" if await errors.is_truncated(work, wanted) else "false"
    headers = {"Content-Disposition": 'attachment; filename="errors.csv"', "Patchbay-Truncated": truncated}
    lines = errors.csv_lines(work, wanted, bom=bom)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
