"""`/v1/workers`: who delivers, and how far each has come."""

import msgspec
from fastapi import APIRouter
from sqlalchemy import select

from control_plane.access.work import Viewing
from control_plane.database.models import Connector
from control_plane.errors import documented
from control_plane.pagination import Page
from control_plane.worker.schemas import WorkerRead

router = APIRouter(prefix="/v1/workers", tags=["workers"])


@router.get("", responses=documented())
async def list_workers(work: Viewing) -> Page[WorkerRead]:
    """The workers that were heard of in the last ten seconds; of connectors, those of the workspace."""
    mine = set(await work.session.scalars(select(Connector.id).where(Connector.workspace == work.workspace)))
    shown = []
    for status in work.parts.workers.live():
        health = {key: msgspec.structs.asdict(seen) for key, seen in status.connectors.items() if key in mine}
        told = {name: getattr(status, name) for name in WorkerRead.model_fields if name != "connectors"}
        shown.append(WorkerRead(**told, connectors=health))
    return Page[WorkerRead](items=shown)
