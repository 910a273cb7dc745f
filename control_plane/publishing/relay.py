"""The relay: takes outbox rows in order, publishes them, and marks them; survives a crash between any two steps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum

import structlog

from control_plane.background import in_background
from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.publishing import outbox
from control_plane.publishing.config_topic import ConfigTopic, Fenced, KafkaUnreachable
from control_plane.settings import RelaySettings
from control_plane.telemetry import Telemetry

log = structlog.get_logger(__name__)

BATCH = 200
_FIRST_PAUSE_SECONDS = 0.25


class RelayState(StrEnum):
    """What the relay is doing; `STANDBY` means that another process has taken over, which is fine."""

    STARTING = "starting"
    RELAYING = "relaying"
    STANDBY = "standby"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"


class Relay:
    """One background task. A row that was published and not marked is published again, which readers ignore."""

    def __init__(self, database: Database, topic: ConfigTopic, settings: RelaySettings, telemetry: Telemetry) -> None:
        self._database = database
        self._topic = topic
        self._settings = settings
        self._telemetry = telemetry
        self._called = asyncio.Event()
        self._pause = _FIRST_PAUSE_SECONDS
        self.state = RelayState.STARTING
        self.trouble: str | None = None

    def wake(self) -> None:
        """Something was committed: look at the outbox now."""
        self._called.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Relay in the background while the block runs."""
        try:
            async with in_background(self._run, "config relay"):
                yield
        finally:
            await self._topic.close()
            self._enter(RelayState.STOPPED)

    async def _run(self) -> None:
        while True:
            try:
                if self.state is RelayState.STANDBY:
                    await self._stand_by()
                await self._topic.open()
                self._enter(RelayState.RELAYING)
                await self._relay()
            except Fenced as fenced:
                self._enter(RelayState.STANDBY, f"another relay is at work ({fenced})")
            except (KafkaUnreachable, DatabaseUnavailable) as trouble:
                await self._wait_for_better(str(trouble))

    async def _relay(self) -> None:
        while True:
            self._called.clear()
            while await self.publish_batch():
                pass
            await self._until_called()

    async def publish_batch(self) -> int:
        """Publish the oldest waiting rows and mark them; returns how many. Raises what the topic and database raise."""
        async with self._database.transaction(write=False) as session:
            rows = await outbox.waiting(session, BATCH)
            records = [(row.key, row.value) for row in rows]
            ids = [row.id for row in rows]
        if not ids:
            self._telemetry.outbox_drained()
            return 0
        await self._topic.publish(records)
        async with self._database.transaction(write=True) as session:
            await outbox.mark_published(session, ids)
        self._telemetry.records_published(len(ids))
        return len(ids)

    async def _wait_for_better(self, trouble: str) -> None:
        if self.state is not RelayState.UNREACHABLE:
            self._pause = _FIRST_PAUSE_SECONDS
        self._enter(RelayState.UNREACHABLE, trouble)
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, self._settings.retry_seconds)

    async def _until_called(self) -> None:
        try:
            async with asyncio.timeout(self._settings.poll_seconds):
                await self._called.wait()
        except TimeoutError:
            return

    async def _stand_by(self) -> None:
        """Return when a row has waited so long that the other relay cannot be at work any more."""
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            async with self._database.transaction(write=False) as session:
                since = await outbox.waits_since(session)
            if since is not None and (datetime.now(UTC) - since).total_seconds() > self._settings.standby_seconds:
                return

    def _enter(self, state: RelayState, trouble: str | None = None) -> None:
        if (state, trouble) != (self.state, self.trouble):
            log.info("config_relay", state=state.value, trouble=trouble)
        if state is not self.state:
            self._telemetry.relay_entered(state.value)
        self.state, self.trouble = state, trouble
