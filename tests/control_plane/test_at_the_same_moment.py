"""Two changes at the same moment on PostgreSQL, where one waits for what the other has locked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from control_plane.access.caller import Caller, Role
from control_plane.access.work import Work
from control_plane.action import service as actions
from control_plane.action.schemas import ActionUpdate
from control_plane.audience import service as audiences
from control_plane.audience.schemas import AudienceActivation, AudienceUpdate
from control_plane.custom_type import service as custom_types
from tests.support.databases import create_postgresql_database
from tests.support.plane import Plane, plane_settings, running_plane
from tests.support.waiting import eventually_true

pytestmark = pytest.mark.postgresql


@pytest.fixture
async def plane(postgresql: str) -> AsyncIterator[Plane]:
    """A control plane on PostgreSQL; SQLite lets one change after the other begin."""
    async with running_plane(plane_settings(await create_postgresql_database(postgresql))) as running:
        yield running


@asynccontextmanager
async def somebody(plane: Plane) -> AsyncIterator[Work]:
    """Somebody else at work: what they do is committed when the block ends."""
    async with plane.parts.database.transaction(write=True) as session:
        yield Work(Caller("default", "usr_1", "key_1", Role.EDITOR), session, plane.parts)


async def begun(plane: Plane, method: str, path: str, body: Any = None) -> asyncio.Task[httpx.Response]:
    """A request that has come as far as to wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    async def waits() -> bool:
        async with plane.parts.database.transaction(write=False) as session:
            return bool(await session.scalar(waiting))

    request = asyncio.create_task(plane.http.request(method, path, json=body, headers={"If-Match": "*"}))
    await eventually_true(waits)
    return request


async def test_an_action_that_is_changed_meanwhile_is_switched_as_it_is_then(plane: Plane) -> None:
    _, action_id = await plane.live_action()
    async with somebody(plane) as work:
        await actions.update(work, action_id, ActionUpdate(name="Renamed"), None)
        request = await begun(plane, "POST", "/v1/actions:bulk", {"ids": [action_id], "operation": "deactivate"})
    assert (await request).json()["done"] == 1
    shown = await plane.call("GET", f"/v1/actions/{action_id}", 200)
    assert (shown["name"], shown["active"]) == ("Renamed", False)


async def test_a_file_that_is_imported_while_its_type_is_changed_is_the_revision_after(plane: Plane) -> None:
    path, definition = "/v1/custom-connector-types", {"key": "crm", "label": "CRM", "url": "https://crm.example"}
    type_id = (await plane.call("POST", path, 201, json={"definition": definition}))["id"]
    file = (await plane.http.get(f"{path}/{type_id}/file")).text
    async with somebody(plane) as work:
        await custom_types.update(work, type_id, definition | {"label": "Renamed"}, None, None)
        request = await begun(plane, "POST", f"{path}:import", {"file": file})
    told = (await request).json()
    assert (told["revision"], told["definition"]["label"]) == (3, "CRM")


async def test_a_connector_is_not_deleted_while_an_action_of_it_is_attached(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience()
    async with somebody(plane) as work:
        await audiences.update(work, audience_id, attaching(action_id), None)
        request = await begun(plane, "DELETE", f"/v1/connectors/{connector_id}")
    assert (await request).json()["code"] == "in_use"
    await plane.call("GET", f"/v1/actions/{action_id}", 200)


async def test_a_version_without_an_action_is_not_published_again_while_it_is_attached(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    action_id, audience_id = await plane.action(connector_id), await plane.audience()
    async with somebody(plane) as work:
        await audiences.update(work, audience_id, attaching(action_id), None)
        request = await begun(plane, "POST", f"/v1/connectors/{connector_id}/versions/1/revert")
    assert (await request).json()["code"] == "in_use"
    await plane.call("GET", f"/v1/actions/{action_id}", 200)


async def test_an_action_is_not_pointed_at_another_target_while_a_use_of_it_is_published(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    await plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"fields": {"list_id": "l_2"}})
    audience_id = await plane.audience(action_id)
    async with somebody(plane) as work:
        await audiences.publish(work, audience_id, None, None)
        request = await begun(plane, "POST", f"/v1/connectors/{connector_id}/publish")
    assert (await request).json()["code"] == "target_in_use"


def attaching(action_id: str) -> AudienceUpdate:
    """The change that attaches an action to an audience."""
    return AudienceUpdate(activations=[AudienceActivation(action_id=action_id)])
