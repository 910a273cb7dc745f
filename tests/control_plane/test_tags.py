"""The container script: what is published and active fires in a browser under a strict policy, nothing else does."""

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Page, Route, async_playwright

from connectors.catalog.tag.declaration import CONNECTOR as TAG
from tests.support.ledger import LEDGER
from tests.support.plane import Plane, plane_settings, running_plane

CHROMIUM = Path("/usr/bin/chromium")
HOST = "pixel.example.org"


@pytest.fixture
async def tagged(database_url: str) -> AsyncIterator[Plane]:
    """A control plane that knows tags."""
    async with running_plane(plane_settings(database_url), (TAG, LEDGER)) as running:
        yield running


async def live_tag(plane: Plane, **fields: Any) -> tuple[str, str]:
    """A tag that fires for the audience `vip`."""
    connector_id = await plane.connector(type="tag", name="Pixel", settings={"host": HOST}, secrets={})
    body = {"path": "/fire?p={profile_id}", **fields}
    action_id = await plane.action(connector_id, type="fire_tag", name="Fire", fields=body)
    await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)
    await plane.call("PUT", f"/v1/connectors/{connector_id}/activate", 202)
    await plane.call("PUT", f"/v1/actions/{action_id}/activate", 202)
    audience_id = await plane.audience(source_id="vip", activations=[{"action_id": action_id, "on": ["joined"]}])
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    return connector_id, action_id


async def script(plane: Plane, path: str = "/tags/default.js", **headers: str) -> httpx.Response:
    """The script as a visitor gets it, who has no key."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(plane.app), base_url="http://plane") as visitor:
        return await visitor.get(path, headers=headers)


async def test_the_script_holds_what_is_published_and_active(tagged: Plane) -> None:
    assert HOST not in (await script(tagged)).text, "an empty container is a script that does nothing"
    connector_id, action_id = await live_tag(tagged)
    answer = await script(tagged)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (HOST in answer.text, action_id in answer.text) == (True, True)

    for path in (f"/v1/actions/{action_id}/deactivate", f"/v1/connectors/{connector_id}/pause"):
        await tagged.call("PUT", path, 202)
        assert HOST not in (await script(tagged)).text
        await tagged.call("PUT", path.replace("deactivate", "activate").replace("pause", "resume"), 202)
        assert HOST in (await script(tagged)).text


async def test_a_page_asks_again_with_its_etag_and_is_told_of_changes(tagged: Plane) -> None:
    connector_id, _ = await live_tag(tagged)
    first = await script(tagged)
    assert first.headers["cache-control"] == "public, max-age=60"
    again = await script(tagged, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await tagged.call("PUT", f"/v1/connectors/{connector_id}/deactivate", 202)
    changed = await script(tagged, **{"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"] == first.headers["etag"]) == (200, False)


async def test_the_versioned_address_never_changes_its_content(tagged: Plane) -> None:
    connector_id, _ = await live_tag(tagged)
    told = await tagged.call("GET", "/v1/tags", 200)
    answer = await script(tagged, told["versioned_path"])
    assert "immutable" in answer.headers["cache-control"]
    digest = base64.b64encode(hashlib.sha384(answer.content).digest()).decode()
    assert told["integrity"] == f"sha384-{digest}"
    assert told["policy"] == {"img-src": [HOST], "script-src": []}
    assert [tag["memberships"] for tag in told["tags"]] == [["vip"]]
    assert "/tags/default.js" in told["snippet"]

    await tagged.call("PUT", f"/v1/connectors/{connector_id}/deactivate", 202)
    gone = await script(tagged, told["versioned_path"])
    assert (gone.status_code, gone.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/tags/nobody.js", "/tags/default/0123456789abcdef.js"])
async def test_what_is_not_there_is_not_found(tagged: Plane, path: str) -> None:
    assert (await script(tagged, path)).status_code == 404


async def test_nothing_of_another_kind_of_connector_is_in_the_script(tagged: Plane) -> None:
    await tagged.live_action()
    text = (await script(tagged)).text
    assert "ledger" not in text
    assert "gAAAA" not in text


@pytest.mark.browser
async def test_tags_fire_in_a_browser_for_members_who_consent(tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        assert not os.environ.get("CI"), "Chromium is missing"
        pytest.skip("Chromium is missing (apt-get install chromium)")
    async with running_plane(plane_settings(f"sqlite:///{tmp_path / 'p.sqlite'}"), (TAG,)) as plane:
        await live_tag(plane)
        async with served(plane) as address, opened() as page:
            fired = await visit(page, address, memberships=["vip"])
            assert fired == [f"https://{HOST}/fire?p=ada%20l"]
            assert await visit(page, address, memberships=["somebody-else"]) == []


async def visit(page: Page, address: str, memberships: list[str]) -> list[str]:
    """What a strict page's browser asks partners for; fails on any violation of the page's policy."""
    fired: list[str] = []
    complaints: list[str] = []

    async def partner(route: Route) -> None:
        fired.append(route.request.url)
        await route.fulfill(status=204)

    async def shop(route: Route) -> None:
        policy = f"default-src 'none'; script-src {address}; img-src https://{HOST}"
        scripts = (f'<script src="{address}/{name}"></script>' for name in ("page-state.js", "tags/default.js"))
        html = "<!doctype html>" + "".join(scripts)
        await route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def state(route: Route) -> None:
        told = f"window.patchbay = {{memberships: {memberships}, consent: [], profileId: 'ada l'}};"
        await route.fulfill(body=told, content_type="text/javascript")

    await page.unroute_all()
    await page.route(f"https://{HOST}/**", partner)
    await page.route(f"{address}/shop", shop)
    await page.route(f"{address}/page-state.js", state)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(f"{address}/shop", wait_until="load")
    await page.wait_for_function("window.patchbay && window.patchbay.version")
    await page.wait_for_load_state("networkidle")
    assert complaints == []
    return fired


@asynccontextmanager
async def opened() -> AsyncIterator[Page]:
    """A page of a real browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


@asynccontextmanager
async def served(plane: Plane) -> AsyncIterator[str]:
    """The control plane behind a real server."""
    server = uvicorn.Server(uvicorn.Config(plane.app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task
