"""Signing in with a key: the cookie, what it is good for, who may not use it, and when it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from control_plane.access.sign_in_limit import FAILURES, WINDOW_SECONDS, SignInLimit, TooManyAttempts
from control_plane.database.models import ApiKey, Session
from tests.control_plane.test_openapi import key_of
from tests.support.plane import Plane

OURS = {"Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def browser(plane: Plane) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    transport = httpx.ASGITransport(plane.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://plane") as http:
        yield http


async def sign_in(http: httpx.AsyncClient, key: str) -> httpx.Response:
    """The answer to a key."""
    return await http.post("/v1/session", json={"api_key": key}, headers=OURS)


async def test_a_key_is_exchanged_for_a_cookie_that_no_script_can_read(plane: Plane) -> None:
    key = await key_of(plane, "editor")
    async with browser(plane) as http:
        assert (await http.get("/v1/me")).status_code == 401
        answer = await sign_in(http, key)
        assert answer.status_code == 201
        assert answer.json()["role"] == "editor"
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert key not in cookie
        me = await http.get("/v1/me")
        assert (me.status_code, me.json()["role"]) == (200, "editor")


async def test_over_https_the_cookie_is_for_https_alone(plane: Plane) -> None:
    key = await key_of(plane, "viewer")
    async with browser(plane) as http:
        http.base_url = httpx.URL("https://plane")
        assert "Secure" in (await sign_in(http, key)).headers["set-cookie"].split("; ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "http://plane"}, 201),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://plane"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[plane"}, 403),
    ],
)
async def test_a_change_with_a_cookie_must_come_from_our_own_pages(
    plane: Plane, headers: dict[str, str], status: int
) -> None:
    body = {"type": "ledger", "name": "From a page", "settings": {"url": "https://ledger.example"}}
    key = await key_of(plane, "editor")
    async with browser(plane) as http:
        await sign_in(http, key)
        answer = await http.post("/v1/connectors", json=body, headers=headers)
        assert answer.status_code == status
        if status == 403:
            assert answer.json()["code"] == "cross_site"
            assert (await http.get("/v1/connectors", headers=headers)).json()["items"] == []
        with_key = {**headers, "Authorization": f"Bearer {key}"}
        assert (await http.post("/v1/connectors", json=body, headers=with_key)).status_code == 201


async def test_another_page_cannot_sign_somebody_in(plane: Plane) -> None:
    key = await key_of(plane, "viewer")
    async with browser(plane) as http:
        answer = await http.post("/v1/session", json={"api_key": key}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_signing_out_ends_the_session_and_not_only_the_cookie(plane: Plane) -> None:
    key = await key_of(plane, "viewer")
    async with browser(plane) as http:
        await sign_in(http, key)
        token = http.cookies["patchbay_session"]
        assert (await http.delete("/v1/session", headers=OURS)).status_code == 204
        assert "patchbay_session" not in http.cookies
        http.cookies.set("patchbay_session", token)
        assert (await http.get("/v1/me")).status_code == 401


async def change(plane: Plane, statement: Any) -> None:
    """What only time would do."""
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(statement)


async def test_a_session_ends_in_time_and_with_its_key(plane: Plane) -> None:
    key, other = await key_of(plane, "viewer"), await key_of(plane, "viewer")
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with browser(plane) as http:
        await sign_in(http, key)
        assert (await http.get("/v1/me")).status_code == 200
        await change(plane, update(Session).values(expires_at=past))
        assert (await http.get("/v1/me")).status_code == 401

        key_id = (await sign_in(http, other)).status_code and (await http.get("/v1/me")).json()["key_id"]
        await plane.call("DELETE", f"/v1/api-keys/{key_id}", 204)
        assert (await http.get("/v1/me")).status_code == 401

        expiring = await key_of(plane, "viewer")
        soon = datetime.now(UTC) + timedelta(minutes=5)
        await change(plane, update(ApiKey).where(ApiKey.prefix == expiring.split("_")[1]).values(expires_at=soon))
        answer = (await sign_in(http, expiring)).json()
        assert datetime.fromisoformat(answer["expires_at"]) == soon


async def test_guessing_is_slowed_down(plane: Plane) -> None:
    key = await key_of(plane, "viewer")
    async with browser(plane) as http:
        statuses = [(await sign_in(http, "pbk_aaaaaa_" + "0" * 64)).status_code for _ in range(FAILURES + 1)]
        assert statuses == [401] * FAILURES + [429]
        refused = await sign_in(http, key)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= WINDOW_SECONDS
        assert (await plane.call("GET", "/v1/me", 200))["role"] == "admin"


def test_only_recent_failures_of_the_same_address_count() -> None:
    now = [0.0]
    limit = SignInLimit(lambda: now[0])
    for _ in range(FAILURES):
        limit.demand_calm("a")
        limit.failed("a")
    with pytest.raises(TooManyAttempts):
        limit.demand_calm("a")
    limit.demand_calm("b")
    now[0] = WINDOW_SECONDS
    limit.demand_calm("a")
    for _ in range(FAILURES - 1):
        limit.failed("a")
    limit.succeeded("a")
    limit.failed("a")
    limit.demand_calm("a")


async def test_when_a_key_was_last_used_is_noted(plane: Plane) -> None:
    before = datetime.now(UTC)
    key = await key_of(plane, "viewer")
    prefix = key.split("_")[1]

    async def last_used() -> str | None:
        keys = await plane.call("GET", "/v1/api-keys", 200)
        return next(item["last_used_at"] for item in keys["items"] if item["prefix"] == prefix)

    assert await last_used() is None
    async with browser(plane) as http:
        await http.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
    noted = await last_used()
    assert noted is not None
    assert datetime.fromisoformat(noted) >= before


async def test_a_key_with_scopes_says_so_and_may_do_no_more(plane: Plane) -> None:
    connector_id = await plane.connector()
    user = await plane.call("POST", "/v1/users", 201, json={"name": "robot"})
    body = {"name": "publisher", "role": "editor", "scopes": ["publish", "read", "read"]}
    made = await plane.call("POST", f"/v1/users/{user['id']}/api-keys", 201, json=body)
    assert made["scopes"] == ["publish", "read"]
    await plane.call("POST", f"/v1/users/{user['id']}/api-keys", 422, json=body | {"scopes": []})
    plane.http.headers["Authorization"] = f"Bearer {made['api_key']}"
    assert (await plane.call("GET", "/v1/me", 200))["scopes"] == ["publish", "read"]
    await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)
    problem = await plane.call("PUT", f"/v1/connectors/{connector_id}/activate", 403)
    assert problem["code"] == "scope_missing"
