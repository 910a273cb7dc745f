"""Waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


def eventually(holds: Callable[[], object], within_seconds: float = 30.0) -> None:
    """Returns as soon as `holds()` is true; fails the test at the deadline."""
    deadline = time.monotonic() + within_seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {within_seconds} s: {holds}")
        time.sleep(0.02)


async def eventually_true(holds: Callable[[], Awaitable[object] | object], within_seconds: float = 30.0) -> None:
    """The same inside an event loop; `holds` may be a plain or an async function."""
    deadline = time.monotonic() + within_seconds
    while not await _value(holds):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true within {within_seconds} s: {holds}")
        await asyncio.sleep(0.02)


async def _value(holds: Callable[[], Awaitable[object] | object]) -> object:
    value = holds()
    return await value if isinstance(value, Awaitable) else value
