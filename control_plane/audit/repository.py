"""All SQL that reads the audit log."""

from sqlalchemy import select

from control_plane.access.work import Work
from control_plane.database.models import AuditEntry
from control_plane.pagination import Paging, fetch_page


async def page(
    work: Work, paging: Paging, *, kind: str | None, object_id: str | None
) -> tuple[list[AuditEntry], str | None]:
    """Entries, newest first."""
    statement = select(AuditEntry).where(AuditEntry.workspace == work.workspace)
    if kind is not None:
        statement = statement.where(AuditEntry.kind == kind)
    if object_id is not None:
        statement = statement.where(AuditEntry.object_id == object_id)
    return await fetch_page(work.session, statement, (AuditEntry.id,), paging, newest_first=True)
