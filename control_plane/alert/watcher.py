"""The background task that looks at every alert and writes down each change of state with its message, once."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from control_plane.alert.findings import Finding, Watched, find_out
from control_plane.alert.schemas import Condition
from control_plane.background import in_background
from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.database.models import Alert, AlertMessage, AlertState, Connector
from control_plane.ids import new_id
from control_plane.worker.live_workers import LiveWorkers

log = structlog.get_logger(__name__)

_DELETED = Finding(holds=False, detail="The connector was deleted.")
_condition: TypeAdapter[Condition] = TypeAdapter(Condition)


@dataclass(frozen=True, slots=True)
class _Subject:
    """The connector that a change of state is about."""

    id: str
    name: str


class AlertWatcher:
    """Several processes may watch: of two that see the same change, one writes it down.

    What holds is told at once; that it no longer does, when it has not for `settle_seconds`: breakers flap, and after
    a start not every worker has been heard of yet. Of a deleted connector that is told at once, too.
    """

    def __init__(
        self,
        database: Database,
        workers: LiveWorkers,
        look_seconds: float = 5.0,
        settle_seconds: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._workers = workers
        self._look_seconds = look_seconds
        self._settle_seconds = settle_seconds
        self._monotonic = monotonic
        self._well_since: dict[tuple[str, str], float] = {}

    def running(self) -> AbstractAsyncContextManager[None]:
        """Watch in the background while the block runs."""
        return in_background(self._run, "alert watcher")

    async def _run(self) -> None:
        while True:
            try:
                await self.look(datetime.now(UTC))
            except DatabaseUnavailable as trouble:
                log.warning("alerts_not_looked_at", detail=str(trouble))
            await asyncio.sleep(self._look_seconds)

    async def look(self, now: datetime) -> None:
        """Look at every active alert once; raises `DatabaseUnavailable`."""
        async with self._database.transaction(write=False) as session:
            alerts = list(await session.scalars(select(Alert).where(Alert.active).order_by(Alert.id)))
        for alert in alerts:
            async with self._database.transaction(write=False) as session:
                changes = await self._changes(session, alert, now)
            for connector, finding in changes:
                async with self._database.transaction(write=True) as session:
                    await _note(session, alert, connector, finding, now)

    async def _changes(self, session: AsyncSession, alert: Alert, now: datetime) -> list[tuple[_Subject, Finding]]:
        # What fires is read first: a connector that it names and that is not found afterwards has been deleted.
        firing = await _firing(session, alert)
        watched = await self._watched(session, alert, now)
        findings = await find_out(session, _condition.validate_python(alert.condition), watched)
        changes = [
            (_Subject(key, watched.connectors[key].name), finding)
            for key, finding in findings.items()
            if self._is_change(alert, key, finding, key in firing)
        ]
        for key in sorted(firing - watched.connectors.keys()):
            self._well_since.pop((alert.id, key), None)
            changes.append((_Subject(key, await _name_told(session, alert, key)), _DELETED))
        return changes

    async def _watched(self, session: AsyncSession, alert: Alert, now: datetime) -> Watched:
        statement = select(Connector).where(Connector.workspace == alert.workspace)
        if alert.connector_id is not None:
            statement = statement.where(Connector.id == alert.connector_id)
        connectors = {row.id: row for row in await session.scalars(statement)}
        statuses = self._workers.live()
        known = statuses if statuses and self._workers.trouble is None else None
        return Watched(alert.workspace, connectors, known, now)

    def _is_change(self, alert: Alert, connector_id: str, finding: Finding, firing: bool) -> bool:
        key = (alert.id, connector_id)
        if finding.holds or not firing:
            self._well_since.pop(key, None)
            return finding.holds and not firing
        since = self._well_since.setdefault(key, self._monotonic())
        return self._monotonic() - since >= self._settle_seconds


async def _firing(session: AsyncSession, alert: Alert) -> set[str]:
    mine = (AlertState.alert_id == alert.id, AlertState.firing)
    return set(await session.scalars(select(AlertState.connector_id).where(*mine)))


async def _name_told(session: AsyncSession, alert: Alert, connector_id: str) -> str:
    """What the alert's latest message about a connector calls it."""
    body = AlertMessage.body
    about = (AlertMessage.alert_id == alert.id, body["connector", "id"].as_string() == connector_id)
    name = select(body["connector", "name"].as_string()).where(*about).order_by(AlertMessage.id.desc()).limit(1)
    return await session.scalar(name) or connector_id


async def _note(session: AsyncSession, alert: Alert, connector: _Subject, finding: Finding, now: datetime) -> None:
    """The new state with its message; nothing when somebody else has written it down, or the alert was changed."""
    current = await session.get(Alert, alert.id, with_for_update=True)
    if current is None or current.row_version != alert.row_version:
        return
    if not await _turn(session, alert, connector, finding, now):
        return
    session.add(
        AlertMessage(
            id=new_id("msg"),
            alert_id=alert.id,
            body=_body(alert, connector, finding, now),
            created_at=now,
            due_at=now,
            tries=0,
        )
    )


async def _turn(session: AsyncSession, alert: Alert, connector: _Subject, finding: Finding, now: datetime) -> bool:
    values = {"firing": finding.holds, "since": now, "detail": finding.detail}
    other = (AlertState.connector_id == connector.id, AlertState.firing.is_(not finding.holds))
    turned: Any = await session.execute(
        update(AlertState).where(AlertState.alert_id == alert.id, *other).values(**values)
    )
    if turned.rowcount or not finding.holds:
        return bool(turned.rowcount)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = dialect.insert(AlertState).values(alert_id=alert.id, connector_id=connector.id, **values)
    made = await session.execute(first.on_conflict_do_nothing().returning(AlertState.alert_id))
    return made.scalar_one_or_none() is not None


def _body(alert: Alert, connector: _Subject, finding: Finding, now: datetime) -> dict[str, Any]:
    return {
        "type": "alert.started" if finding.holds else "alert.ended",
        "at": now.isoformat(),
        "workspace": alert.workspace,
        "alert": {"id": alert.id, "name": alert.name},
        "condition": alert.condition,
        "connector": {"id": connector.id, "name": connector.name},
        "detail": finding.detail,
    }
