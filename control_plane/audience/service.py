"""The rules of audiences: what of them is published, and as which record."""

from collections.abc import Sequence

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import AudienceConfig
from connectors.records.profile_event import Change
from control_plane.access.work import Work
from control_plane.audience.schemas import AudienceCreate, AudienceRead, AudienceUpdate
from control_plane.database.models import Audience, Version
from control_plane.ids import new_id
from control_plane.preconditions import demand_current
from control_plane.publishing import editing, sources
from control_plane.publishing.sources import SourceKind, activation_records
from control_plane.publishing.versions import Published


def _record(row: Audience, version: Version, revision: int) -> AudienceConfig:
    return AudienceConfig(
        v=SCHEMA_VERSION,
        workspace=row.workspace,
        id=row.source_id,
        name=version.snapshot["name"],
        version=version.number,
        revision=revision,
        activations=activation_records(version),
    )


KIND = SourceKind(
    key="audience",
    label="audience",
    model=Audience,
    changes=(Change.JOINED, Change.LEFT),
    content=("name", "activations"),
    record=_record,
)


async def find(work: Work, audience_id: str, *, lock: bool = False) -> Audience:
    """The audience; raises `NotFound`."""
    return await sources.find_source(work, KIND, audience_id, lock=lock)


async def create(work: Work, body: AudienceCreate) -> Audience:
    """A new draft."""
    row_id = new_id("aud")
    content = {"source_id": body.source_id or row_id, **body.model_dump(mode="json", exclude={"source_id"})}
    return await editing.create_source(work, KIND, row_id, content)


async def update(work: Work, audience_id: str, body: AudienceUpdate, expected: int | None) -> Audience:
    """Change the draft."""
    changes = body.model_dump(mode="json", include=body.model_fields_set)
    return await editing.update_source(work, KIND, audience_id, changes, expected)


async def publish(work: Work, audience_id: str, note: str | None, expected: int | None) -> tuple[Audience, Published]:
    """The draft becomes the next version, and goes to the workers."""
    row = await find(work, audience_id, lock=True)
    demand_current(row, expected)
    return row, await sources.publish_source(work, KIND, row, note)


async def revert(work: Work, audience_id: str, number: int, note: str | None) -> tuple[Audience, Published]:
    """An earlier version becomes draft and next version."""
    row = await find(work, audience_id, lock=True)
    return row, await sources.revert_source(work, KIND, row, number, note)


async def remove(work: Work, audience_id: str, expected: int | None) -> None:
    """Delete it, here and at the workers."""
    row = await find(work, audience_id, lock=True)
    demand_current(row, expected)
    await sources.delete_source(work, KIND, row)


async def show_all(work: Work, rows: Sequence[Audience]) -> list[AudienceRead]:
    """As answers."""
    shown = await editing.shown(work, KIND, rows)
    return [AudienceRead(**common, source_id=row.source_id) for common, row in zip(shown, rows, strict=True)]
