"""`/v1/connectors/{id}/test` and `/v1/connector-types/{type}/test`: does the partner let us in?"""

from fastapi import APIRouter

from control_plane.access.trial_limit import TooManyTrials
from control_plane.access.work import Editing
from control_plane.catalog.service import find_type
from control_plane.connection_test import service
from control_plane.connection_test.schemas import ConnectionTestRead, ConnectorTest, SettingsTest
from control_plane.errors import Conflict, InvalidInput, NotFound, documented
from control_plane.inputs import PathId, TypeKey

router = APIRouter(prefix="/v1", tags=["connection-tests"])


@router.post("/connectors/{connector_id}/test", responses=documented(NotFound, Conflict, InvalidInput, TooManyTrials))
async def try_connector(connector_id: PathId, work: Editing, body: ConnectorTest | None = None) -> ConnectionTestRead:
    """Ask the partner whether the connector's settings hold. The answer shows each exchange, secrets masked."""
    return await service.try_connector(work, connector_id, body or ConnectorTest())


@router.put("/connector-types/{connector_type}/test", responses=documented(NotFound, InvalidInput, TooManyTrials))
async def try_settings(connector_type: TypeKey, body: SettingsTest, work: Editing) -> ConnectionTestRead:
    """The same for settings that are not stored yet."""
    return await service.try_form(work, find_type(work.types, connector_type), body)
