"""`/v1/alerts`: whom to tell when a connector changes for the worse."""

from fastapi import APIRouter, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.trial_limit import TooManyTrials
from control_plane.access.work import Editing, Viewing, Work
from control_plane.alert import service, trial
from control_plane.alert.schemas import AlertCreate, AlertMessageRead, AlertRead, AlertTestRead, AlertUpdate
from control_plane.database.models import Alert
from control_plane.errors import InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId
from control_plane.pagination import Page, Paged
from control_plane.preconditions import IfMatch, set_etag

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])


async def _answer(work: Work, response: Response, row: Alert) -> AlertRead:
    set_etag(response, row.row_version)
    return await service.show(work, row)


@router.get("", responses=documented(InvalidInput))
async def list_alerts(work: Viewing, paging: Paged) -> Page[AlertRead]:
    """The alerts of the workspace, oldest first, with what they hold for now."""
    return await service.list_alerts(work, paging)


@router.post("", status_code=201, response_model=AlertRead, responses=documented(NotFound, InvalidInput))
async def create_alert(body: AlertCreate, work: Editing, response: Response, repeated: Repeated) -> Response:
    """Make an alert. Each change of state is told once, when it begins and when it ends."""

    async def create() -> AlertRead:
        return await _answer(work, response, await service.create(work, body))

    return await repeated.answer(work, create)


@router.get("/{alert_id}", responses=documented(NotFound))
async def get_alert(alert_id: PathId, work: Viewing, response: Response) -> AlertRead:
    """An alert; its ETag is needed to change it."""
    return await _answer(work, response, await service.find(work, alert_id))


@router.put("/{alert_id}", responses=documented(NotFound, Stale, InvalidInput, PreconditionRequired))
async def update_alert(
    alert_id: PathId, body: AlertUpdate, work: Editing, response: Response, if_match: IfMatch
) -> AlertRead:
    """Replace an alert; it begins anew."""
    return await _answer(work, response, await service.update(work, alert_id, body, if_match))


@router.delete("/{alert_id}", status_code=204, responses=documented(NotFound, Stale, PreconditionRequired))
async def delete_alert(alert_id: PathId, work: Editing, if_match: IfMatch) -> None:
    """Delete it; nobody is told any more."""
    await service.remove(work, alert_id, if_match)


@router.post("/{alert_id}/test", responses=documented(NotFound, TooManyTrials))
async def try_alert(alert_id: PathId, work: Editing) -> AlertTestRead:
    """Tell the alert's webhook or mailboxes once, now, that this is a test; its state stays as it is."""
    return await trial.try_alert(work, alert_id)


@router.get("/{alert_id}/messages", responses=documented(NotFound, InvalidInput))
async def list_alert_messages(alert_id: PathId, work: Viewing, paging: Paged) -> Page[AlertMessageRead]:
    """What was told, newest first, and what became of it."""
    return await service.list_messages(work, alert_id, paging)
