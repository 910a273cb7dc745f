"""The rules of alerts."""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.kit.address import AddressPolicy, check_url
from control_plane.access.audit import record_change
from control_plane.access.work import Work
from control_plane.alert import repository
from control_plane.alert.schemas import (
    AlertCreate,
    AlertMessageRead,
    AlertRead,
    AlertUpdate,
    EmailChannel,
    FiringRead,
    WebhookChannel,
)
from control_plane.database.models import Alert, AlertState
from control_plane.errors import Fault, InvalidInput, NotFound
from control_plane.ids import new_id
from control_plane.pagination import Page, Paging
from control_plane.preconditions import demand_current
from control_plane.publishing.lookup import find_connector

SECRET = "webhook_secret"


async def list_alerts(work: Work, paging: Paging) -> Page[AlertRead]:
    """A page, oldest first."""
    rows, cursor = await repository.page(work, paging)
    return paging.page(await _show_all(work, rows), cursor)


async def find(work: Work, alert_id: str) -> Alert:
    """The alert; raises `NotFound`."""
    row = await repository.get(work, alert_id)
    if row is None:
        raise NotFound(f"There is no alert {alert_id}.")
    return row


async def show(work: Work, row: Alert) -> AlertRead:
    """As an answer."""
    (shown,) = await _show_all(work, [row])
    return shown


async def create(work: Work, body: AlertCreate) -> Alert:
    """A new alert; it begins to watch within seconds."""
    await _demand_possible(work, body)
    row = Alert(id=new_id("alr"), workspace=work.workspace, created_at=work.now)
    _set(work, row, body)
    work.session.add(row)
    await work.session.flush()
    record_change(work, "created", "alert", row.id, after=_audited(row))
    return row


async def update(work: Work, alert_id: str, body: AlertUpdate, expected: int | None) -> Alert:
    """Another condition or another channel: it begins anew, and tells again what holds."""
    row = await find(work, alert_id)
    demand_current(row, expected)
    await _demand_possible(work, body)
    before = _audited(row)
    _set(work, row, body)
    await repository.forget_states(work, row.id)
    await work.session.flush()
    record_change(work, "updated", "alert", row.id, before=before, after=_audited(row))
    return row


async def remove(work: Work, alert_id: str, expected: int | None) -> None:
    """Nobody is told any more."""
    row = await find(work, alert_id)
    demand_current(row, expected)
    record_change(work, "deleted", "alert", row.id, before=_audited(row))
    await work.session.delete(row)


async def list_messages(work: Work, alert_id: str, paging: Paging) -> Page[AlertMessageRead]:
    """What was told, newest first."""
    row = await find(work, alert_id)
    rows, cursor = await repository.page_of_messages(work, row.id, paging)
    return paging.page([AlertMessageRead.model_validate(each, from_attributes=True) for each in rows], cursor)


async def _demand_possible(work: Work, body: AlertCreate) -> None:
    if body.connector_id is not None:
        await find_connector(work, body.connector_id)
    match body.channel:
        case WebhookChannel(url=url):
            wrong = check_url(url, AddressPolicy(work.parts.settings.egress.networks()))
            if wrong is not None:
                _refuse("/channel/url", "address_refused", wrong)
        case EmailChannel() if not work.parts.settings.mail.host:
            _refuse("/channel/kind", "no_mail_server", "The operator has set up no mail server (PATCHBAY_MAIL__HOST).")


def _refuse(pointer: str, code: str, detail: str) -> None:
    raise InvalidInput(detail, faults=(Fault(pointer=pointer, code=code, detail=detail),))


def _set(work: Work, row: Alert, body: AlertCreate) -> None:
    row.name, row.active, row.connector_id = body.name, body.active, body.connector_id
    row.condition = body.condition.model_dump(mode="json")
    row.channel = body.channel.model_dump(mode="json")
    if body.secret is not None:
        row.secret = work.parts.sealer.seal(row.id, SECRET, body.secret)
    row.updated_at, row.updated_by = work.now, work.caller.user_id


async def _show_all(work: Work, rows: Sequence[Alert]) -> list[AlertRead]:
    firing = await repository.firing(work, (row.id for row in rows))
    return [_show(row, (state for state in firing if state.alert_id == row.id)) for row in rows]


def _show(row: Alert, firing: Iterable[AlertState]) -> AlertRead:
    named = (name for name in AlertRead.model_fields if name not in ("has_secret", "firing"))
    return AlertRead(
        **{name: getattr(row, name) for name in named},
        has_secret=row.secret is not None,
        firing=[FiringRead.model_validate(state, from_attributes=True) for state in firing],
    )


def _audited(row: Alert) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("name", "active", "connector_id", "condition", "channel")}
    return {**shown, "has_secret": row.secret is not None}
