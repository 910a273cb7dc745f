"""The rules of event feeds: what of them is published, and as which record."""

from collections.abc import Sequence

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import FeedConfig
from connectors.records.profile_event import Change
from control_plane.access.work import Work
from control_plane.database.models import EventFeed, Version
from control_plane.event_feed.schemas import EventFeedCreate, EventFeedRead, EventFeedUpdate
from control_plane.ids import new_id
from control_plane.preconditions import demand_current
from control_plane.publishing import editing, sources
from control_plane.publishing.sources import SourceKind, activation_records
from control_plane.publishing.versions import Published


def _record(row: EventFeed, version: Version, revision: int) -> FeedConfig:
    return FeedConfig(
        v=SCHEMA_VERSION,
        workspace=row.workspace,
        id=row.id,
        name=version.snapshot["name"],
        version=version.number,
        revision=revision,
        event_names=tuple(version.snapshot["event_names"]),
        activations=activation_records(version),
    )


KIND = SourceKind(
    key="feed",
    label="event feed",
    model=EventFeed,
    changes=(Change.OCCURRED,),
    content=("name", "event_names", "activations"),
    record=_record,
)


async def find(work: Work, event_feed_id: str, *, lock: bool = False) -> EventFeed:
    """The event feed; raises `NotFound`."""
    return await sources.find_source(work, KIND, event_feed_id, lock=lock)


async def create(work: Work, body: EventFeedCreate) -> EventFeed:
    """A new draft."""
    row_id, content = new_id("fed"), body.model_dump(mode="json")
    return await editing.create_source(work, KIND, row_id, content)


async def update(work: Work, event_feed_id: str, body: EventFeedUpdate, expected: int | None) -> EventFeed:
    """Change the draft."""
    changes = body.model_dump(mode="json", include=body.model_fields_set)
    return await editing.update_source(work, KIND, event_feed_id, changes, expected)


async def publish(
    work: Work, event_feed_id: str, note: str | None, expected: int | None
) -> tuple[EventFeed, Published]:
    """The draft becomes the next version, and goes to the workers."""
    row = await find(work, event_feed_id, lock=True)
    demand_current(row, expected)
    return row, await sources.publish_source(work, KIND, row, note)


async def revert(work: Work, event_feed_id: str, number: int, note: str | None) -> tuple[EventFeed, Published]:
    """An earlier version becomes draft and next version."""
    row = await find(work, event_feed_id, lock=True)
    return row, await sources.revert_source(work, KIND, row, number, note)


async def remove(work: Work, event_feed_id: str, expected: int | None) -> None:
    """Delete it, here and at the workers."""
    row = await find(work, event_feed_id, lock=True)
    demand_current(row, expected)
    await sources.delete_source(work, KIND, row)


async def show_all(work: Work, rows: Sequence[EventFeed]) -> list[EventFeedRead]:
    """As answers."""
    shown = await editing.shown(work, KIND, rows)
    return [EventFeedRead(**common) for common in shown]
