"""Immutable versions: what was published, when, by whom and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select, tuple_

from control_plane.access.work import Work
from control_plane.database.models import Version
from control_plane.errors import NotFound
from control_plane.pagination import Page, Paging, fetch_page


class VersionSummary(BaseModel):
    """A line of the history."""

    number: int
    created_at: datetime
    created_by: str
    note: str | None
    reverted_to: int | None


class VersionRead(VersionSummary):
    """A version with what was published; secrets show only that they were set."""

    snapshot: dict[str, Any]
    secrets: dict[str, dict[str, bool]]


class PublishWarning(BaseModel):
    """Something that was done, and that the admin may not have meant."""

    code: str
    detail: str


class Published(BaseModel):
    """What a publication did; `applied` says how many live workers already have it."""

    version: int
    revision: int
    warnings: list[PublishWarning] = []


@dataclass(frozen=True, slots=True)
class Content:
    """What a version holds; `secrets` are sealed."""

    snapshot: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)


async def add_version(
    work: Work,
    kind: str,
    object_id: str,
    content: Content,
    note: str | None,
    reverted_to: int | None = None,
) -> Version:
    """The next version of an object that the caller has locked."""
    last = await work.session.scalar(
        select(func.max(Version.number)).where(Version.kind == kind, Version.object_id == object_id)
    )
    version = Version(
        kind=kind,
        object_id=object_id,
        number=(last or 0) + 1,
        workspace=work.workspace,
        snapshot=content.snapshot,
        secrets=content.secrets,
        note=note,
        reverted_to=reverted_to,
        created_at=work.now,
        created_by=work.caller.user_id,
    )
    work.session.add(version)
    await work.session.flush()
    return version


async def find_version(work: Work, kind: str, object_id: str, number: int) -> Version:
    """One version; raises `NotFound`."""
    version = await work.session.get(Version, (kind, object_id, number))
    if version is None or version.workspace != work.workspace:
        raise NotFound(f"There is no version {number} of {object_id}.")
    return version


async def current_versions(work: Work, kind: str, published: Iterable[tuple[str, int | None]]) -> dict[str, Version]:
    """The published versions of these objects, by object id."""
    wanted = [(object_id, number) for object_id, number in published if number is not None]
    if not wanted:
        return {}
    place = tuple_(Version.object_id, Version.number)
    rows = await work.session.scalars(select(Version).where(Version.kind == kind, place.in_(wanted)))
    return {row.object_id: row for row in rows}


async def list_versions(work: Work, kind: str, object_id: str, paging: Paging) -> Page[VersionSummary]:
    """The history, newest first."""
    statement = select(Version).where(
        Version.kind == kind, Version.object_id == object_id, Version.workspace == work.workspace
    )
    rows, cursor = await fetch_page(work.session, statement, (Version.number,), paging, newest_first=True)
    return paging.page([VersionSummary.model_validate(row, from_attributes=True) for row in rows], cursor)


def show_version(version: Version) -> VersionRead:
    """A version as it may be shown."""
    summary = VersionSummary.model_validate(version, from_attributes=True)
    return VersionRead(**summary.model_dump(), snapshot=version.snapshot, secrets=show_secrets(version.secrets))


def show_secrets(sealed: dict[str, Any]) -> dict[str, dict[str, bool]]:
    """Secrets are write-only: an answer says which are set, and nothing else."""
    return {name: {"set": True} for name in sealed}
