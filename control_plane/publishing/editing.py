"""Making, changing and showing a source, whichever kind it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.errors import Conflict
from control_plane.pagination import Paging, fetch_page
from control_plane.preconditions import demand_current
from control_plane.publishing.source_schemas import ActivationRead, AppliedRead
from control_plane.publishing.sources import Row, SourceKind, attach, find_source, source_key, unpublished
from control_plane.publishing.uses import rewrite_uses


async def create_source(work: Work, kind: SourceKind[Row], row_id: str, content: dict[str, Any]) -> Row:
    """A new draft; raises `InvalidInput` for activations that do not hold, `Conflict` for a taken `source_id`."""
    content["activations"] = await attach(work, kind, content["activations"], _steps(content))
    row = kind.model(
        id=row_id,
        workspace=work.workspace,
        revision=0,
        created_at=work.now,
        updated_at=work.now,
        updated_by=work.caller.user_id,
        **content,
    )
    work.session.add(row)
    try:
        await work.session.flush()
    except IntegrityError as error:
        raise Conflict(f"This workspace has a {kind.label} with this source_id.", code="source_id_taken") from error
    await rewrite_uses(work, kind.key, row.id, "draft", row.activations)
    record_change(work, "created", kind.key, row.id, after=kind.draft_of(row))
    return row


async def update_source(
    work: Work, kind: SourceKind[Row], row_id: str, changes: dict[str, Any], expected: int | None
) -> Row:
    """Change the draft (what is `None` stays); what is published goes on until the next publication."""
    row = await find_source(work, kind, row_id, lock=True)
    demand_current(row, expected)
    before = kind.draft_of(row)
    content = {**before, **{name: value for name, value in changes.items() if value is not None}}
    activations = [dict(item) for item in content["activations"]]
    content["activations"] = await attach(work, kind, activations, _steps(content))
    for name, value in content.items():
        setattr(row, name, value)
    row.updated_at, row.updated_by = work.now, work.caller.user_id
    await work.session.flush()
    await rewrite_uses(work, kind.key, row.id, "draft", row.activations)
    record_change(work, "updated", kind.key, row.id, before=before, after=kind.draft_of(row))
    return row


async def page_of_sources(work: Work, kind: SourceKind[Row], paging: Paging) -> tuple[list[Row], str | None]:
    """The sources of a workspace, oldest first."""
    statement = select(kind.model).where(kind.model.workspace == work.workspace)
    return await fetch_page(work.session, statement, (kind.model.id,), paging)


async def shown(work: Work, kind: SourceKind[Row], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What every kind of source shows, row by row."""
    drafts = await unpublished(work, kind, rows)
    return [
        {
            **kind.draft_of(row),
            "id": row.id,
            "activations": [ActivationRead.model_validate(item) for item in row.activations],
            "published_version": row.published_version,
            "unpublished_changes": drafts[row.id],
            "revision": row.revision,
            "applied": _applied(work, source_key(kind, row), row.revision),
            "row_version": row.row_version,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "updated_by": row.updated_by,
        }
        for row in rows
    ]


def _applied(work: Work, key: str, revision: int) -> AppliedRead:
    on, of = work.parts.workers.applied(key, revision)
    return AppliedRead(on=on, of=of)


def _steps(content: dict[str, Any]) -> list[str] | None:
    return [step["id"] for step in content["steps"]] if "steps" in content else None
