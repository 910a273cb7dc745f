"""The rules of journeys: what of them is published, and as which record."""

from collections.abc import Sequence

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import JourneyConfig
from connectors.records.profile_event import Change
from control_plane.access.work import Work
from control_plane.database.models import Journey, Version
from control_plane.ids import new_id
from control_plane.journey.schemas import JourneyCreate, JourneyRead, JourneyUpdate
from control_plane.preconditions import demand_current
from control_plane.publishing import editing, sources
from control_plane.publishing.sources import SourceKind, activation_records
from control_plane.publishing.versions import Published


def _record(row: Journey, version: Version, revision: int) -> JourneyConfig:
    return JourneyConfig(
        v=SCHEMA_VERSION,
        workspace=row.workspace,
        id=row.source_id,
        name=version.snapshot["name"],
        version=version.number,
        revision=revision,
        activations=activation_records(version),
    )


KIND = SourceKind(
    key="journey",
    label="journey",
    model=Journey,
    changes=(Change.ENTERED, Change.EXITED),
    content=("name", "steps", "activations"),
    record=_record,
)


async def find(work: Work, journey_id: str, *, lock: bool = False) -> Journey:
    """The journey; raises `NotFound`."""
    return await sources.find_source(work, KIND, journey_id, lock=lock)


async def create(work: Work, body: JourneyCreate) -> Journey:
    """A new draft."""
    row_id = new_id("jrn")
    content = {"source_id": body.source_id or row_id, **body.model_dump(mode="json", exclude={"source_id"})}
    return await editing.create_source(work, KIND, row_id, content)


async def update(work: Work, journey_id: str, body: JourneyUpdate, expected: int | None) -> Journey:
    """Change the draft."""
    changes = body.model_dump(mode="json", include=body.model_fields_set)
    return await editing.update_source(work, KIND, journey_id, changes, expected)


async def publish(work: Work, journey_id: str, note: str | None, expected: int | None) -> tuple[Journey, Published]:
    """The draft becomes the next version, and goes to the workers."""
    row = await find(work, journey_id, lock=True)
    demand_current(row, expected)
    return row, await sources.publish_source(work, KIND, row, note)


async def revert(work: Work, journey_id: str, number: int, note: str | None) -> tuple[Journey, Published]:
    """An earlier version becomes draft and next version."""
    row = await find(work, journey_id, lock=True)
    return row, await sources.revert_source(work, KIND, row, number, note)


async def remove(work: Work, journey_id: str, expected: int | None) -> None:
    """Delete it, here and at the workers."""
    row = await find(work, journey_id, lock=True)
    demand_current(row, expected)
    await sources.delete_source(work, KIND, row)


async def show_all(work: Work, rows: Sequence[Journey]) -> list[JourneyRead]:
    """As answers."""
    shown = await editing.shown(work, KIND, rows)
    return [JourneyRead(**common, source_id=row.source_id) for common, row in zip(shown, rows, strict=True)]
