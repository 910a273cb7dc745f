"""Work in the background of a block: it begins with the block, ends with it, and never before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

RESTART_SECONDS = 1.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def in_background(work: Callable[[], Awaitable[None]], name: str) -> AsyncIterator[None]:
    """Run `work` while the block runs; afterwards it is cancelled and has ended. When it fails it is begun again."""
    task = asyncio.create_task(_always(work, name), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _always(work: Callable[[], Awaitable[None]], name: str) -> None:
    while True:
        try:
            await work()
        except Exception:  # the edge: nobody awaits it, so nobody else would ever notice
            log.exception("background_failed", work=name)
        await asyncio.sleep(RESTART_SECONDS)
