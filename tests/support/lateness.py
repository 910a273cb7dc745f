"""How late the event loop is for everything, so that a bound of time holds for the code and not for the machine."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

TICK_SECONDS = 0.01


@dataclass
class Lateness:
    """`ms` is how late the loop came to one short timer after the other, added up: any call may be late by as much."""

    ms: float = 0.0

    async def watch(self) -> None:
        """Runs until it is cancelled."""
        while True:
            due = time.monotonic() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self.ms += (time.monotonic() - due) * 1000


@asynccontextmanager
async def lateness() -> AsyncIterator[Lateness]:
    """The event loop's own lateness since this was opened."""
    measured = Lateness()
    task = asyncio.create_task(measured.watch())
    try:
        yield measured
    finally:
        task.cancel()
