"""`/v1/connector-types`: the marketplace."""

from fastapi import APIRouter

from control_plane.access.work import Viewing
from control_plane.catalog import service
from control_plane.catalog.schemas import ConnectorTypeRead, ConnectorTypeSummary, ValidationRead, ValidationRequest
from control_plane.errors import InvalidInput, NotFound, documented
from control_plane.inputs import TypeKey
from control_plane.pagination import Page

router = APIRouter(prefix="/v1/connector-types", tags=["connector-types"])


@router.get("", responses=documented())
async def list_connector_types(work: Viewing) -> Page[ConnectorTypeSummary]:
    """Everything that can be connected to."""
    return Page[ConnectorTypeSummary](items=service.list_types(work.types))


@router.get("/{connector_type}", responses=documented(NotFound))
async def get_connector_type(connector_type: TypeKey, work: Viewing) -> ConnectorTypeRead:
    """A connector type with its settings, its actions, and what its partner's codes mean."""
    return service.show_type(service.find_type(work.types, connector_type))


@router.put("/{connector_type}/validate", responses=documented(NotFound, InvalidInput))
async def validate_settings(connector_type: TypeKey, body: ValidationRequest, work: Viewing) -> ValidationRead:
    """Check settings, and an action, without storing anything; the answer names each field that does not hold."""
    return service.validate(service.find_type(work.types, connector_type), body)
