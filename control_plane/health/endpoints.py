"""`/livez`, `/readyz`, `/startupz`, `/version` and `/metrics`: for machines that watch, without a key."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from control_plane.access.work import get_parts
from control_plane.database.engine import DatabaseUnavailable
from control_plane.parts import Parts
from control_plane.publishing import outbox
from control_plane.publishing.relay import RelayState
from control_plane.telemetry import program_version

router = APIRouter(tags=["health"])
PartsHere = Annotated[Parts, Depends(get_parts)]


class Check(BaseModel):
    """One thing that this process depends on."""

    ok: bool
    detail: str | None = None


class Readiness(BaseModel):
    """`ready`; `degraded`: requests are served, and what is published waits for Kafka; `unready`: no database."""

    status: Literal["ready", "degraded", "unready"]
    checks: dict[str, Check]


class VersionRead(BaseModel):
    """What runs."""

    version: str


@router.get("/livez")
async def is_alive() -> Check:
    """The process answers; nothing else is looked at."""
    return Check(ok=True)


@router.get("/startupz", responses={503: {"model": Check}})
async def has_started(parts: PartsHere, response: Response) -> Check:
    """The tables are there."""
    if parts.startup.finished.is_set():
        return Check(ok=True)
    response.status_code = 503
    return Check(ok=False, detail=parts.startup.trouble or "starting")


@router.get("/readyz", responses={503: {"model": Readiness}})
async def is_ready(parts: PartsHere, response: Response) -> Readiness:
    """Whether requests can be served, and what is wrong if not all is well."""
    checks = {
        "database": await _database(parts),
        "relay": Check(
            ok=parts.relay.state in (RelayState.RELAYING, RelayState.STANDBY),
            detail=parts.relay.trouble or parts.relay.state.value,
        ),
        "worker_status": Check(ok=parts.workers.trouble is None, detail=parts.workers.trouble),
    }
    if not checks["database"].ok:
        response.status_code = 503
        return Readiness(status="unready", checks=checks)
    every = all(check.ok for check in checks.values())
    return Readiness(status="ready" if every else "degraded", checks=checks)


@router.get("/version")
async def get_version() -> VersionRead:
    """The version that runs."""
    return VersionRead(version=program_version())


@router.get("/metrics", response_class=Response)
async def get_metrics(parts: PartsHere) -> Response:
    """Prometheus metrics of this process."""
    parts.telemetry.workers_live(len(parts.workers.live()))
    try:
        async with parts.database.transaction(write=False) as session:
            parts.telemetry.outbox_waits(await outbox.count_waiting(session))
    except DatabaseUnavailable:
        parts.telemetry.database_unreachable()
    return Response(generate_latest(parts.telemetry.registry), media_type=CONTENT_TYPE_LATEST)


async def _database(parts: Parts) -> Check:
    if not parts.startup.finished.is_set():
        return Check(ok=False, detail=parts.startup.trouble or "starting")
    try:
        await parts.database.ping()
    except DatabaseUnavailable as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=True)
