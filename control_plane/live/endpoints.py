"""`/v1/live`: counts as they change, as server-sent events."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from control_plane.access.work import Viewing
from control_plane.errors import InvalidInput, documented
from control_plane.live.counts import CountsWatch
from control_plane.live.stream import events

router = APIRouter(prefix="/v1/live", tags=["statistics"])


class EventStream(StreamingResponse):
    """Server-sent events, which nothing on the way may hold back."""

    media_type = "text/event-stream"


@router.get("", response_class=EventStream, responses=documented(InvalidInput))
async def follow_counts(
    work: Viewing,
    request: Request,
    days: Annotated[int, Query(ge=1, le=90, description="UTC days, today included, that are counted.")] = 7,
) -> EventStream:
    """Events `counts`: first the counts of every connector, then once per second those that have changed.

    `stale` says that the database does not answer now. The stream ends after ten minutes; browsers connect again.
    """
    watch = CountsWatch(work.workspace, days)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(events(work.parts.database, watch, request.is_disconnected), headers=headers)
