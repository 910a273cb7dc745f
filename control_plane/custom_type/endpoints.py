"""`/v1/custom-connector-types`: connector types defined without code, and which revision a connector uses."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from control_plane.access.repeatable import Repeated
from control_plane.access.trial_limit import TooManyTrials
from control_plane.access.work import Editing, Viewing, Work
from control_plane.catalog.service import show_type
from control_plane.connection_test.schemas import ConnectionTestRead, SettingsTest
from control_plane.connection_test.service import try_form
from control_plane.connector import presentation
from control_plane.connector.schemas import ConnectorRead
from control_plane.custom_type import service
from control_plane.custom_type.schemas import (
    CustomTypeFile,
    CustomTypeInput,
    CustomTypeRead,
    DefinitionCheck,
    DefinitionChecked,
    DefinitionTest,
    TakeRevision,
)
from control_plane.custom_type.types import KIND
from control_plane.database.models import CustomType
from control_plane.errors import Conflict, InUse, InvalidInput, NotFound, PreconditionRequired, Stale, documented
from control_plane.inputs import PathId, VersionNumber
from control_plane.pagination import Page, Paged, fetch_page
from control_plane.preconditions import IfMatch, set_etag
from control_plane.publishing import versions
from control_plane.publishing.versions import VersionRead, VersionSummary

router = APIRouter(prefix="/v1", tags=["custom-connector-types"])
PATH = "/custom-connector-types"


class YamlResponse(PlainTextResponse):
    """A definition as a file."""

    media_type = "application/yaml"


async def _answer(work: Work, response: Response, row: CustomType) -> CustomTypeRead:
    set_etag(response, row.row_version)
    return await service.show(work, row)


@router.get(PATH, responses=documented(InvalidInput))
async def list_custom_types(work: Viewing, paging: Paged) -> Page[CustomTypeRead]:
    """The custom connector types of the workspace, oldest first."""
    rows, cursor = await fetch_page(work.session, service.all_of(work), (CustomType.id,), paging)
    return paging.page([await service.show(work, row) for row in rows], cursor)


@router.post(PATH, status_code=201, response_model=CustomTypeRead, responses=documented(Conflict, InvalidInput))
async def create_custom_type(body: CustomTypeInput, work: Editing, response: Response, repeated: Repeated) -> Response:
    """Define a connector type. It is in the marketplace at once, as `custom:<key>`."""

    async def create() -> CustomTypeRead:
        return await _answer(work, response, await service.create(work, body.definition, body.note))

    return await repeated.answer(work, create)


@router.post(f"{PATH}:import", responses=documented(Conflict, InvalidInput))
async def import_custom_type(body: CustomTypeFile, work: Editing, response: Response) -> CustomTypeRead:
    """Take a definition from a file: a new type, or the next revision of the type with its key."""
    return await _answer(work, response, await service.import_file(work, body.file, body.note))


@router.post(f"{PATH}:check", responses=documented(InvalidInput))
async def check_definition(body: DefinitionCheck, work: Editing) -> DefinitionChecked:  # for its role
    """Whether a definition holds, without storing it; the first thing that does not, with its place."""
    try:
        type_ = service.build({**body.definition, "revision": 1})
    except InvalidInput as refused:
        return DefinitionChecked(valid=False, errors=list(refused.faults))
    return DefinitionChecked(valid=True, errors=[], type=show_type(type_))


@router.post(f"{PATH}:test", responses=documented(InvalidInput, TooManyTrials))
async def try_definition(body: DefinitionTest, work: Editing) -> ConnectionTestRead:
    """Ask the partner whether a definition and settings let us in, without storing either."""
    type_ = service.build({**body.definition, "revision": 1})
    form = SettingsTest.model_validate(body.model_dump(exclude={"definition"}))
    return await try_form(work, type_, form)


@router.get(f"{PATH}/{{type_id}}", responses=documented(NotFound))
async def get_custom_type(type_id: PathId, work: Viewing, response: Response) -> CustomTypeRead:
    """A custom type with its newest definition; its ETag is needed to change it."""
    return await _answer(work, response, await service.find(work, type_id))


@router.put(f"{PATH}/{{type_id}}", responses=documented(NotFound, Conflict, Stale, InvalidInput, PreconditionRequired))
async def update_custom_type(
    type_id: PathId, body: CustomTypeInput, work: Editing, response: Response, if_match: IfMatch
) -> CustomTypeRead:
    """Save the next revision. Connectors go on with theirs until they take it and are published."""
    return await _answer(work, response, await service.update(work, type_id, body.definition, body.note, if_match))


@router.delete(
    f"{PATH}/{{type_id}}", status_code=204, responses=documented(NotFound, InUse, Stale, PreconditionRequired)
)
async def delete_custom_type(type_id: PathId, work: Editing, if_match: IfMatch) -> None:
    """Delete a type that no connector has; otherwise the problem names each of them."""
    await service.remove(work, type_id, if_match)


@router.get(f"{PATH}/{{type_id}}/file", response_class=YamlResponse, responses=documented(NotFound))
async def export_custom_type(type_id: PathId, work: Viewing) -> YamlResponse:
    """The newest definition as one file, to keep or to import elsewhere. It holds no secrets."""
    return YamlResponse(await service.export_file(work, type_id))


@router.get(f"{PATH}/{{type_id}}/versions", responses=documented(NotFound, InvalidInput))
async def list_custom_type_versions(type_id: PathId, work: Viewing, paging: Paged) -> Page[VersionSummary]:
    """Its revisions, newest first."""
    row = await service.find(work, type_id)
    return await versions.list_versions(work, KIND, row.id, paging)


@router.get(f"{PATH}/{{type_id}}/versions/{{number}}", responses=documented(NotFound))
async def get_custom_type_version(type_id: PathId, number: VersionNumber, work: Viewing) -> VersionRead:
    """One revision, whole."""
    row = await service.find(work, type_id)
    return versions.show_version(await versions.find_version(work, KIND, row.id, number))


@router.put(
    "/connectors/{connector_id}/definition", responses=documented(NotFound, Conflict, Stale, PreconditionRequired)
)
async def take_revision(
    connector_id: PathId, work: Editing, response: Response, if_match: IfMatch, body: TakeRevision | None = None
) -> ConnectorRead:
    """Have the draft of a custom connector use the newest, or another, revision of its type. Publish it afterwards."""
    revision = None if body is None else body.revision
    connector = await service.take_revision(work, connector_id, revision, if_match)
    set_etag(response, connector.row_version)
    return await presentation.show(work, connector)
