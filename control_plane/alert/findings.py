"""Whether a condition holds for each connector: what workers say of themselves, and what the counts say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.records.delivery import OutcomeClass, WorkerStatus
from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX, QUARTER_HOUR_SECONDS
from connectors.records.metrics_table import connector_counts, last_deliveries
from control_plane.alert.schemas import BreakerOpen, Condition, CredentialsRefused, ErrorRate, NothingSent
from control_plane.database.models import Connector


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether it holds, and a sentence that says what was found."""

    holds: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """The connectors of a workspace that an alert is about, at a moment; `statuses` of `None`: nobody knows."""

    workspace: str
    connectors: Mapping[str, Connector]
    statuses: Iterable[WorkerStatus] | None
    now: datetime


async def find_out(session: AsyncSession, condition: Condition, watched: Watched) -> dict[str, Finding]:
    """A finding for each connector of which something is known."""
    match condition:
        case CredentialsRefused():
            return _by_health(watched, "credentials_refused")
        case BreakerOpen():
            return _by_health(watched, "breaker_open")
        case ErrorRate():
            return await _by_error_rate(session, condition, watched)
        case NothingSent():
            return await _by_last_delivery(session, condition, watched)


def _by_health(watched: Watched, kind: str) -> dict[str, Finding]:
    if watched.statuses is None:
        return {}
    seen: dict[str, Finding] = {connector_id: Finding(holds=False) for connector_id in watched.connectors}
    for status in watched.statuses:
        for connector_id, health in status.connectors.items():
            bad = health.credentials_refused if kind == "credentials_refused" else health.breaker != "closed"
            if bad and connector_id in seen:
                seen[connector_id] = Finding(holds=True, detail=f"{_SAID[kind]} {health.reason or ''}".strip())
    return seen


_SAID = {
    "credentials_refused": "The partner refuses the connector's credentials; deliveries wait until they are replaced.",
    "breaker_open": "Most calls fail, so that the partner is not called for a while; deliveries wait.",
}


async def _by_error_rate(session: AsyncSession, condition: ErrorRate, watched: Watched) -> dict[str, Finding]:
    tried = await _tried(session, watched)
    return {connector_id: _rate(condition, *tried.get(connector_id, (0.0, 0.0))) for connector_id in watched.connectors}


def _rate(condition: ErrorRate, total: float, failed: float) -> Finding:
    percent = 100 * failed / total if total else 0.0
    holds = total >= condition.minimum and percent > condition.percent
    return Finding(holds, f"About {percent:.0f} % of {total:.0f} attempts in the last 15 minutes failed.")


async def _tried(session: AsyncSession, watched: Watched) -> dict[str, tuple[float, float]]:
    """What was tried and what failed in 15 minutes: this quarter hour, and as much of the last one as is missing."""
    now = int(watched.now.timestamp())
    current = now - now % QUARTER_HOUR_SECONDS
    of_the_last = 1 - (now - current) / QUARTER_HOUR_SECONDS
    c = connector_counts.c
    statement = (
        select(c.connector_id, c.bucket_at, c["class"], func.sum(c["count"]))
        .where(c.workspace == watched.workspace, c.bucket_at.in_([current - QUARTER_HOUR_SECONDS, current]))
        .where(c["class"] != OutcomeClass.SKIPPED.value)
        .group_by(c.connector_id, c.bucket_at, c["class"])
    )
    found: dict[str, tuple[float, float]] = {}
    for connector_id, bucket_at, class_, count in await session.execute(statement):
        share = int(count) * (1.0 if bucket_at == current else of_the_last)
        total, failed = found.get(connector_id, (0.0, 0.0))
        found[connector_id] = (total + share, failed + (share if _failed(class_) else 0.0))
    return found


def _failed(class_: str) -> bool:
    return class_.startswith(ATTEMPT_CLASS_PREFIX) or OutcomeClass(class_).is_error


async def _by_last_delivery(session: AsyncSession, condition: NothingSent, watched: Watched) -> dict[str, Finding]:
    c = last_deliveries.c
    statement = (
        select(c.connector_id, func.max(c["at"])).where(c.workspace == watched.workspace).group_by(c.connector_id)
    )
    last = {row[0]: datetime.fromtimestamp(row[1], UTC) for row in await session.execute(statement)}
    found: dict[str, Finding] = {}
    for connector_id, connector in watched.connectors.items():
        # Who has just been activated or edited has not been silent yet.
        since = max(last.get(connector_id, connector.created_at), connector.updated_at)
        silent = (watched.now - since).total_seconds() > condition.hours * 3600
        sends = connector.active and not connector.paused
        found[connector_id] = Finding(silent and sends, f"Nothing was delivered since {since:%Y-%m-%d %H:%M} UTC.")
    return found
