"""The mapping editor's routes: language, check, preview, test send, and what publishing would change of requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.trial_limit import TooManyTrials
from control_plane.access.work import Editing, Viewing
from control_plane.catalog.service import find_type
from control_plane.database.models import Action
from control_plane.editor import language, preview, rendered_diff, sending
from control_plane.editor.schemas import (
    ActionForm,
    ActionPreview,
    MappingCheck,
    MappingChecked,
    MappingLanguage,
    NewActionPreview,
    PreviewRead,
    RenderedDiff,
    TestSend,
    TestSendRead,
)
from control_plane.errors import Conflict, InvalidInput, NotFound, documented
from control_plane.inputs import PathId
from control_plane.publishing.lookup import find_action, find_connector
from control_plane.rendering.loading import action_content
from control_plane.sample import service as samples
from control_plane.sample.schemas import SampleChoice, SourceName

router = APIRouter(prefix="/v1", tags=["mappings"])
Id = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.-]{1,64}$")]
TypeKey = Annotated[str | None, Query(pattern="^[A-Za-z0-9_.:@-]{1,64}$")]


def _form(action: Action, body: ActionForm) -> dict[str, Any]:
    given = body.model_dump(include={"type", "fields", "mapping", "consent"}, exclude_none=True)
    return {**action_content(action), **given}


@router.get("/mapping-language", responses=documented(NotFound, InvalidInput))
async def get_mapping_language(work: Viewing, connector_type: TypeKey = None, action_id: Id = None) -> MappingLanguage:
    """What a mapping can name and do, with types and sample values out of recent events."""
    type_ = None if connector_type is None else find_type(work.types, connector_type)
    fits: samples.Fits = samples.every_event
    if action_id is not None:
        fits = await samples.fits_action(work, (await find_action(work, action_id)).id)
    chosen = await samples.choose(work, fits, 50)
    events = () if chosen.are_examples else (event for _, event in chosen.events)
    return language.describe(type_, events, values=work.caller.sees_profiles)


@router.post("/mappings:check", responses=documented(NotFound, InvalidInput))
async def check_mapping(body: MappingCheck, work: Editing) -> MappingChecked:
    """Every error of a mapping with its place, line and column."""
    type_ = None if body.connector_type is None else find_type(work.types, body.connector_type)
    return language.check(type_, body.action_type, body.mapping)


@router.post("/actions/{action_id}/preview", responses=documented(NotFound, Conflict, InvalidInput))
async def preview_action(action_id: PathId, work: Editing, body: ActionPreview | None = None) -> PreviewRead:
    """What the action would send, as stored or as it stands in the editor, for recent or given events."""
    action = await find_action(work, action_id)
    connector = await find_connector(work, action.connector_id)
    body = body or ActionPreview()
    return await preview.preview(work, connector, _form(action, body), body)


@router.post("/connectors/{connector_id}/preview", responses=documented(NotFound, Conflict, InvalidInput))
async def preview_new_action(connector_id: PathId, work: Editing, body: NewActionPreview) -> PreviewRead:
    """The same for an action that is not stored yet."""
    connector = await find_connector(work, connector_id)
    content = {
        "type": body.type,
        "fields": body.fields or {},
        "mapping": body.mapping or {},
        "consent": body.consent or [],
    }
    return await preview.preview(work, connector, content, body)


@router.post(
    "/actions/{action_id}/test-send",
    response_model=TestSendRead,
    responses=documented(NotFound, Conflict, InvalidInput, TooManyTrials),
)
async def send_test(action_id: PathId, work: Editing, repeated: Repeated, body: TestSend | None = None) -> Response:
    """Send one event to the partner for real. The answer is shown whole, secrets masked; it counts nowhere."""
    action = await find_action(work, action_id)
    connector = await find_connector(work, action.connector_id)
    body = body or TestSend()

    async def send() -> TestSendRead:
        return await sending.send_test(work, connector, _form(action, body), body)

    return await repeated.answer_once(work, send)


@router.get("/connectors/{connector_id}/diff/rendered", responses=documented(NotFound, Conflict, InvalidInput))
async def get_rendered_diff(
    connector_id: PathId,
    work: Editing,
    kind: SourceName | None = None,
    id: Id = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> RenderedDiff:
    """What publishing would change of the requests, on the same events. It shows profiles, and so needs an editor."""
    connector = await find_connector(work, connector_id)
    return await rendered_diff.compare(work, connector, SampleChoice(kind=kind, id=id, limit=limit))
