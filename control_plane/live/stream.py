"""Server-sent events: what has changed, every second, until the client goes or it is time to sign in again."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.live.counts import CountsWatch


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, how often to say something at least, and how many looks a stream lasts."""

    seconds: float = 1.0
    keep_alive_every: int = 15
    looks: int = 600


async def events(
    database: Database, watch: CountsWatch, is_gone: Callable[[], Awaitable[bool]], pace: Pace = Pace()
) -> AsyncIterator[str]:
    """The text of the stream. The client connects anew after its end, and so its key is looked at again."""
    yield "retry: 1000\n\n"
    for look in range(1, pace.looks + 1):
        if await is_gone():
            return
        told = await _look(database, watch)
        if told is not None:
            yield told
        elif look % pace.keep_alive_every == 0:
            yield ": still here\n\n"
        await asyncio.sleep(pace.seconds)


async def _look(database: Database, watch: CountsWatch) -> str | None:
    now = datetime.now(UTC)
    try:
        async with database.transaction(write=False) as session:
            changes = await watch.changes(session, now)
    except DatabaseUnavailable:
        return "event: stale\ndata: {}\n\n"
    if changes is None:
        return None
    data = json.dumps({"at": now.isoformat(), "connectors": changes}, separators=(",", ":"))
    return f"event: counts\ndata: {data}\n\n"
