"""Work in the background: whatever happens to it, it goes on until its block ends."""

import asyncio

from structlog.testing import capture_logs

from control_plane import background
from control_plane.background import in_background


async def test_work_that_fails_is_told_and_begun_again(monkeypatch):
    monkeypatch.setattr(background, "RESTART_SECONDS", 0.0)
    begun, is_well = [], asyncio.Event()

    async def work():
        begun.append(1)
        if len(begun) < 3:
            raise RuntimeError("nobody has thought of this")
        is_well.set()
        await asyncio.sleep(60)

    with capture_logs() as logs:
        async with in_background(work, "statistics lag"):
            await asyncio.wait_for(is_well.wait(), 60)
    assert [(line["event"], line["work"]) for line in logs] == [("background_failed", "statistics lag")] * 2


async def test_work_has_ended_when_its_block_has():
    ended = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async with in_background(work, "relay"):
        await asyncio.sleep(0)
    assert ended == [True]
