"""`/v1/statistics` and `/v1/errors`: what became of deliveries."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from connectors.records.delivery import OutcomeClass
from control_plane.access.work import Viewing
from control_plane.errors import Fault, InvalidInput, documented
from control_plane.outcome import errors, export, service
from control_plane.outcome.hours import read_hours
from control_plane.outcome.pipeline import read_pipeline
from control_plane.outcome.repository import ErrorFilter, Scope
from control_plane.outcome.schemas import Detail, ErrorPage, HoursRead, PipelineRead, Statistics
from control_plane.outcome.window import Day, Window, WindowLength, window_of
from control_plane.pagination import Paged

router = APIRouter(prefix="/v1", tags=["statistics"])

Id = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]
RequiredId = Annotated[str, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]
Zone = Annotated[str, Query(max_length=64, description="A name such as Europe/Amsterdam.")]
Detailed = Annotated[
    Detail,
    Query(
        description=f"At most {service.MOST_DAYS:,} `days` of connectors and actions together; more are refused: ask "
        "for one connector or action, or for `connectors`."
    ),
]
Code = Annotated[str | None, Query(max_length=64, pattern="^[^\\x00]*$")]


def _scope(connector_id: Id = None, action_id: Id = None) -> Scope:
    return Scope(connector_id, action_id)


Scoped = Annotated[Scope, Depends(_scope)]


def _window(work: Viewing, window: WindowLength = WindowLength.WEEK, time_zone: Zone = "UTC") -> Window:
    return window_of(window, service.find_zone(time_zone), work.now)


Windowed = Annotated[Window, Depends(_window, scope="function")]


def _error_filter(
    scope: Scoped,
    window: Windowed,
    outcome: OutcomeClass | None = None,
    partner_code: Code = None,
    day: Annotated[dt.date | None, Query(description="Only this day of the window.")] = None,
) -> ErrorFilter:
    span = window if day is None else _day_of(window, day)
    return ErrorFilter(scope, span.start, span.end, outcome, partner_code)


def _day_of(window: Window, wanted: dt.date) -> Day:
    for day in window.days:
        if day.date == wanted:
            return day
    fault = Fault(pointer="query:day", code="outside_the_window", detail="Not a day of the window.")
    raise InvalidInput(f"{wanted} is not a day of the window.", faults=(fault,))


ErrorsWanted = Annotated[ErrorFilter, Depends(_error_filter, scope="function")]


@router.get("/statistics", responses=documented(InvalidInput))
async def get_statistics(
    work: Viewing,
    scope: Scoped,
    window: WindowLength = WindowLength.WEEK,
    time_zone: Zone = "UTC",
    detail: Detailed = Detail.DAYS,
) -> Statistics:
    """What was sent, removed, skipped and refused in the last 7, 30 or 90 days, by day of the caller's calendar."""
    return await service.read_statistics(work, window, service.find_zone(time_zone), scope, detail)


@router.get("/statistics.csv", response_class=StreamingResponse, responses=documented(InvalidInput))
async def download_statistics(work: Viewing, scope: Scoped, window: Windowed, bom: bool = False) -> StreamingResponse:
    """The same by day and action as CSV; days without anything are left out."""
    headers = {"Content-Disposition": 'attachment; filename="statistics.csv"'}
    lines = export.csv_lines(work, window, scope, bom=bom)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/statistics/pipeline", responses=documented(InvalidInput))
async def get_pipeline(work: Viewing, connector_id: RequiredId, window: Windowed, action_id: Id = None) -> PipelineRead:
    """How far the deliveries of a connector came, stage by stage, and why some were not sent."""
    return await read_pipeline(work, window, Scope(connector_id, action_id))


@router.get("/statistics/hours", responses=documented())
async def get_hours(work: Viewing) -> HoursRead:
    """What each connector did in each of the last 24 hours."""
    return await read_hours(work)


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
