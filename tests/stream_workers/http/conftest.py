"""Every test of the sender runs on asyncio's own loop and on uvloop; senders are closed behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.partners import sender_to_this_machine


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    """A sender that may call this machine."""
    async with sender_to_this_machine() as opened:
        yield opened
