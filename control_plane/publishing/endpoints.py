"""`/v1/config`: what is on its way to the workers, and sending all of it again."""

from fastapi import APIRouter
from pydantic import BaseModel

from control_plane.access.audit import record_change
from control_plane.access.work import Administering, Viewing
from control_plane.errors import documented
from control_plane.publishing import outbox

router = APIRouter(prefix="/v1/config", tags=["config"])


class RelayRead(BaseModel):
    """How the config records get to Kafka; `standby` means that another control plane does it."""

    state: str
    trouble: str | None
    waiting: int


class Republished(BaseModel):
    """So many records were put on their way again."""

    records: int


@router.get("/relay", responses=documented())
async def get_relay(work: Viewing) -> RelayRead:
    """Whether published changes reach Kafka, and how many wait."""
    relay = work.parts.relay
    return RelayRead(state=relay.state.value, trouble=relay.trouble, waiting=await outbox.count_waiting(work.session))


@router.post("/republish", status_code=202, responses=documented())
async def republish_config(work: Administering) -> Republished:
    """Send the newest record of every key of the workspace again; harmless at any time."""
    records = await outbox.republish_all(work.session, work.workspace)
    record_change(work, "republished", "config", work.workspace, after={"records": records})
    return Republished(records=records)
