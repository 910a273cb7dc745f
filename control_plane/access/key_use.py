"""Notes when a key was last used, to a few minutes, so that forgotten keys can be told from needed ones."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import update

from control_plane.access.caller import Caller
from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.database.models import ApiKey

log = structlog.get_logger(__name__)

NOTED_EVERY = timedelta(minutes=5)


async def note_use(database: Database, caller: Caller, now: datetime) -> None:
    """After a request, in a transaction of its own; a busy database is no reason to refuse what was answered."""
    if caller.used_at is not None and now - caller.used_at < NOTED_EVERY:
        return
    try:
        async with database.transaction(write=True) as session:
            await session.execute(update(ApiKey).where(ApiKey.id == caller.key_id).values(last_used_at=now))
    except DatabaseUnavailable as error:
        log.warning("key_use_not_noted", key_id=caller.key_id, detail=str(error))
