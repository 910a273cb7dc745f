"""The audit log: one entry per change, in the transaction of the change."""

from typing import Any

from control_plane.access.work import Work
from control_plane.database.models import AuditEntry
from control_plane.ids import new_id


def record_change(
    work: Work,
    change: str,
    kind: str,
    object_id: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Say who did what to which object; `before` and `after` must hold no secret."""
    work.session.add(
        AuditEntry(
            id=new_id("adt"),
            workspace=work.workspace,
            at=work.now,
            user_id=work.caller.user_id,
            key_id=work.caller.key_id,
            change=change,
            kind=kind,
            object_id=object_id,
            before=before,
            after=after,
        )
    )
