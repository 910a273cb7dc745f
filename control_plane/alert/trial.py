"""Tells an alert's receiver once that this is a test, so that nobody learns in an emergency that nothing arrives."""

from typing import Any

from sqlalchemy import select

from control_plane.access.audit import record_change
from control_plane.access.letting_go import let_go
from control_plane.access.work import Work
from control_plane.alert.messages import Letter
from control_plane.alert.post import WorldwidePost
from control_plane.alert.schemas import AlertTestRead
from control_plane.alert.service import find
from control_plane.database.models import Alert, Connector
from control_plane.ids import new_id

_EVERY = "Every connector"


async def try_alert(work: Work, alert_id: str) -> AlertTestRead:
    """Send it now and never again; raises `TooManyTrials`."""
    row = await find(work, alert_id)
    work.parts.trials.take(work.caller.user_id)
    letter = Letter(new_id("msg"), row.id, row.channel, row.secret, await _body(work, row), work.now, 0)
    record_change(work, "tested", "alert", row.id)
    await let_go(work)
    post = WorldwidePost(work.parts.partner_client, work.parts.sealer, work.parts.settings.mail)
    trouble = await post.send(letter, work.now)
    return AlertTestRead(message_id=letter.id, taken=trouble is None, trouble=trouble)


async def _body(work: Work, row: Alert) -> dict[str, Any]:
    name = await work.session.scalar(select(Connector.name).where(Connector.id == row.connector_id))
    return {
        "type": "alert.test",
        "at": work.now.isoformat(),
        "workspace": row.workspace,
        "alert": {"id": row.id, "name": row.name},
        "condition": row.condition,
        "connector": {"id": row.connector_id, "name": name or _EVERY},
        "detail": "This is a test: the alert reaches you. Nothing is wrong with the connector because of it.",
    }
