"""The first steps: tables brought up to date and the first admin made, tried until the database answers."""

import asyncio
from collections.abc import Callable

import structlog

from control_plane.access.first_admin import FirstAdmin, ensure_first_admin
from control_plane.database import migrations
from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.errors import Unavailable
from control_plane.settings import AccessSettings

log = structlog.get_logger(__name__)

Announce = Callable[[FirstAdmin], None]
_LONGEST_PAUSE_SECONDS = 5.0


class Startup:
    """How far the process has come."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()
        self.trouble: str | None = None

    def demand_finished(self) -> None:
        """Raises `Unavailable` until the tables are there."""
        if not self.finished.is_set():
            raise Unavailable("The control plane is starting and waits for its database.", code="database_unavailable")

    async def run(self, database: Database, access: AccessSettings, announce: Announce | None) -> None:
        """Returns when everything is prepared; says what it waits for meanwhile."""
        pause = 0.25
        while True:
            try:
                await prepare(database, access, announce)
            except DatabaseUnavailable as error:
                if self.trouble is None:
                    log.warning("waiting_for_database", detail=str(error))
                self.trouble = str(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                self.trouble = None
                self.finished.set()
                return


async def prepare(database: Database, access: AccessSettings, announce: Announce | None) -> FirstAdmin | None:
    """Bring the tables up to date and, when there is somebody to tell, make the first admin.

    Raises `DatabaseUnavailable`.
    """
    await migrations.upgrade(database)
    if announce is None:
        return None
    async with database.transaction(write=True) as session:
        made = await ensure_first_admin(session, access)
    if made is not None:
        announce(made)
    return made
