"""`/v1/demo-sink`: where a connector can send to that was made only to look around."""

from fastapi import APIRouter

from control_plane.access.work import Viewing
from control_plane.demo.schemas import DemoSinkRead
from control_plane.errors import documented

router = APIRouter(prefix="/v1/demo-sink", tags=["connector-types"])


@router.get("", responses=documented())
async def get_demo_sink(work: Viewing) -> DemoSinkRead:
    """The address of a partner for trying things out; the local stack has one."""
    return DemoSinkRead(url=work.parts.settings.demo.sink_url)
