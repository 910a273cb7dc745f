"""Counts as server-sent events: everything first, then what changes, to whoever may see it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from connectors.records.metrics_table import connector_counts_daily, metrics_positions
from control_plane.database.engine import open_database
from control_plane.live.counts import CountsWatch
from control_plane.live.stream import Pace, events
from control_plane.settings import DatabaseSettings
from deploy.local.ports import free_port
from tests.support.plane import Plane
from tests.support.waiting import eventually_true

TODAY = int(datetime.now(UTC).timestamp()) // 86_400 * 86_400
QUICK = Pace(seconds=0.01, keep_alive_every=3)


async def count(plane: Plane, offset: int, *rows: tuple[str, str, int], **changes: Any) -> None:
    """What the metrics agent would have stored: connector, class, count; and its position."""
    common = {"workspace": "default", "bucket_at": TODAY, "reason": ""} | changes
    added = [common | {"connector_id": row[0], "class": row[1], "count": row[2]} for row in rows]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(metrics_positions.delete())
        await session.execute(
            metrics_positions.insert(), [{"topic": "outcomes", "partition": 0, "next_offset": offset}]
        )
        if added:
            await session.execute(connector_counts_daily.insert(), added)


async def stays() -> bool:
    return False


async def next_counts(stream: AsyncIterator[str]) -> Any:
    """The connectors of the next event `counts`."""
    async for told in stream:
        if told.startswith("event: counts\n"):
            return json.loads(told.partition("data: ")[2])["connectors"]
    raise AssertionError("the stream has ended")


async def test_everything_comes_first_and_then_what_changes(plane: Plane) -> None:
    await count(plane, 1, ("con_1", "sent", 5), ("con_1", "timeout", 2), ("con_2", "removed", 1))
    async with aclosing(events(plane.parts.database, CountsWatch("default", 7), stays, QUICK)) as stream:
        first = await next_counts(stream)
        assert first["con_1"] == {"sent": 5, "removed": 0, "errors": 2, "skipped": 0, "failed_attempts": 0}
        assert set(first) == {"con_1", "con_2"}
        await count(plane, 2, ("con_1", "attempt:timeout", 7), ("con_1", "partner_error", 1))
        changed = await next_counts(stream)
    assert changed == {"con_1": {"sent": 5, "removed": 0, "errors": 3, "skipped": 0, "failed_attempts": 7}}


async def test_nothing_is_told_while_nothing_changes(plane: Plane) -> None:
    await count(plane, 1, ("con_1", "sent", 5))
    told = [part async for part in events(plane.parts.database, CountsWatch("default", 7), stays, Pace(0, 3, 7))]
    assert [part.partition("\n")[0] for part in told] == [
        "retry: 1000",
        "event: counts",
        ": still here",
        ": still here",
    ]


async def test_old_days_and_other_workspaces_do_not_count(plane: Plane) -> None:
    await count(plane, 1, ("con_1", "sent", 5), bucket_at=TODAY - 86_400)
    await count(plane, 2, ("con_1", "sent", 50), workspace="other")
    async with plane.parts.database.transaction(write=False) as session:
        assert await CountsWatch("default", 1).changes(session, datetime.now(UTC)) == {}
        week = await CountsWatch("default", 7).changes(session, datetime.now(UTC))
    assert week is not None
    assert week["con_1"]["sent"] == 5


async def test_the_stream_ends_when_the_client_has_gone(plane: Plane) -> None:
    async def gone() -> bool:
        return True

    assert [part async for part in events(plane.parts.database, CountsWatch("default", 7), gone, QUICK)] == [
        "retry: 1000\n\n"
    ]


async def test_a_database_that_does_not_answer_is_told() -> None:
    absent = open_database(DatabaseSettings(url=f"postgresql://nobody@127.0.0.1:{free_port()}/none"))
    told = [part async for part in events(absent, CountsWatch("default", 7), stays, Pace(0, 3, 1))]
    assert told[1:] == ["event: stale\ndata: {}\n\n"]


async def test_it_is_served_to_viewers_and_to_nobody_without_a_key(plane: Plane) -> None:
    await count(plane, 1, ("con_1", "sent", 5))
    server = uvicorn.Server(
        uvicorn.Config(plane.app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve())
    await eventually_true(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/v1/live")).status_code == 401
        headers = {"Authorization": plane.http.headers["Authorization"]}
        async with client.stream("GET", "/v1/live", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async with aclosing(answer.aiter_lines()) as lines:
                async for line in lines:
                    if line.startswith("data: "):
                        assert json.loads(line.removeprefix("data: "))["connectors"]["con_1"]["sent"] == 5
                        break
    server.should_exit = True
    await task
