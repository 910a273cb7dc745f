"""Liveness, readiness and metrics tell the truth, also without a database."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from connectors.kit.registry import Registry
from control_plane.app import assemble, build_parts
from control_plane.settings import ControlPlaneSettings, DatabaseSettings
from deploy.local.ports import free_port
from tests.support.databases import create_postgresql_database, running_postgresql
from tests.support.lateness import lateness
from tests.support.plane import Plane, SilentStatuses, WatchedTopic, plane_settings, running_plane
from tests.support.waiting import eventually_true


async def test_a_started_plane_is_alive_and_started(plane: Plane) -> None:
    await plane.call("GET", "/livez", 200)
    await plane.call("GET", "/startupz", 200)
    assert (await plane.call("GET", "/version", 200))["version"]


async def test_metrics_name_the_route_and_never_the_id(plane: Plane) -> None:
    connector_id = await plane.connector()
    await plane.call("GET", f"/v1/connectors/{connector_id}", 200)
    await plane.call("GET", "/no/such/page", 404)
    text = (await plane.http.get("/metrics")).text
    assert 'route="/v1/connectors/{connector_id}",status="200"' in text
    assert connector_id not in text
    assert "/no/such/page" not in text
    assert 'patchbay_config_relay_state{state="relaying"} 1.0' in text
    assert "patchbay_config_outbox_waiting 0.0" in text


async def test_without_a_database_the_plane_lives_and_says_what_it_waits_for() -> None:
    settings = plane_settings(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    async with unstarted(settings) as http:
        answer = await http.get("/v1/connectors")
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert (await http.get("/livez")).status_code == 200
        await eventually_true(lambda: waits_for_connection(http))
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unready")


@pytest.mark.usefixtures("postgresql")
async def test_a_database_that_stops_answering_is_told_within_two_seconds_and_comes_back() -> None:
    with running_postgresql() as server:  # one of its own: the shared one must not stop
        url = await create_postgresql_database(server.address)
        async with running_plane(plane_settings(url, database=DatabaseSettings(url=url))) as plane:
            await plane.call("GET", "/v1/connectors", 200)
            server.freeze()
            try:
                for path in ("/v1/connectors", "/v1/statistics", "/readyz"):
                    began = time.monotonic()
                    async with lateness() as late:
                        answer = await plane.http.get(path)
                    assert answer.status_code == 503, answer.text
                    assert time.monotonic() - began < 2 + late.ms / 1000
            finally:
                server.thaw()
            await eventually_true(lambda: is_ready(plane.http))
            await plane.call("GET", "/v1/connectors", 200)


@asynccontextmanager
async def unstarted(settings: ControlPlaneSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A plane whose database is not there, and a client of it."""
    app = assemble(build_parts(settings, WatchedTopic(), Registry(())), SilentStatuses())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://plane") as http,
    ):
        yield http


async def waits_for_connection(http: httpx.AsyncClient) -> bool:
    """True when `/startupz` names the cause."""
    answer = await http.get("/startupz")
    return answer.status_code == 503 and "Connect" in answer.json()["detail"]


async def is_ready(http: httpx.AsyncClient) -> bool:
    """True when requests are served."""
    return (await http.get("/readyz")).status_code == 200
