"""Trying whether a partner lets us in: what is sent, what is shown, and what is never shown or sent anywhere else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from connectors.kit.declaration import Secret, SettingsModel, setting
from connectors.kit.exchange import PartnerRequest
from connectors.kit.oauth import refresh_token_flow
from tests.support.ledger import LEDGER
from tests.support.trying import TOKEN, Trying, sqlite, trying


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Trying]:
    """A plane and its partner."""
    async with trying(sqlite(tmp_path)) as running:
        yield running


async def test_a_test_shows_the_exchange_and_not_the_secret(it: Trying) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"you_said": request.headers["Authorization"]})

    it.partner.answering = echo
    connector_id = await it.webhook()
    answer = await it.plane.http.post(f"/v1/connectors/{connector_id}/test")

    told = answer.json()
    assert (told["ok"], told["tested"], told["advice"]) == (True, True, "The partner took it.")
    (exchange,) = told["exchanges"]
    assert (exchange["step"], exchange["answer"]["status"]) == ("check", 200)
    assert exchange["request"]["headers"]["Authorization"] == "«secret»"
    assert "connection_test" in exchange["request"]["body"]
    assert "hush" not in answer.text
    assert it.partner.heard[0].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_a_refusal_says_what_to_do(it: Trying) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=401)

    it.partner.answering = refuse
    told = await it.plane.call("POST", f"/v1/connectors/{await it.webhook()}/test", 200)
    (exchange,) = told["exchanges"]
    assert told["ok"] is False
    assert exchange["verdict"]["verdict"] == "unauthorized"
    assert "Replace the secret" in told["advice"]


async def test_the_draft_and_the_published_settings_are_tried_apart(it: Trying) -> None:
    connector_id = await it.webhook()
    path = f"/v1/connectors/{connector_id}"
    problem = await it.plane.call("POST", f"{path}/test", 409, json={"stage": "published"})
    assert problem["code"] == "not_published"
    await it.plane.call("POST", f"{path}/publish", 202)
    moved = {"settings": {"url": f"{it.partner.url}/new", "authentication": "bearer"}, "secrets": {"token": TOKEN}}
    await it.plane.change("PATCH", path, 200, moved)

    await it.plane.call("POST", f"{path}/test", 200, json={"stage": "published"})
    await it.plane.call("POST", f"{path}/test", 200)
    assert [heard.path for heard in it.partner.heard] == ["/hook", "/new"]


async def test_a_stored_secret_is_not_sent_to_another_host(it: Trying) -> None:
    path = f"/v1/connectors/{await it.webhook()}/test"
    elsewhere = {"url": f"{it.partner.url}/elsewhere", "authentication": "bearer"}
    problem = await it.plane.call("POST", path, 409, json={"settings": elsewhere})
    assert problem["code"] == "incomplete"
    assert it.partner.heard == []

    await it.plane.call("POST", path, 200, json={"settings": elsewhere, "secrets": {"token": "a-new-one"}})
    assert it.partner.heard[0].headers["Authorization"] == "Bearer a-new-one"


async def test_settings_are_tried_before_they_are_stored(it: Trying) -> None:
    form = {"settings": {"url": it.partner.url}}
    told = await it.plane.call("PUT", "/v1/connector-types/webhook/test", 200, json=form)
    assert told["ok"] is True
    problem = await it.plane.call("PUT", "/v1/connector-types/webhook/test", 422, json={"settings": {}})
    assert problem["errors"][0]["pointer"] == "/settings/url"
    assert (await it.plane.call("GET", "/v1/connectors", 200))["items"] == []
    await it.plane.call("PUT", "/v1/connector-types/nothing/test", 404, json=form)


async def test_an_address_that_is_not_allowed_is_refused_with_its_reason(tmp_path: Path) -> None:
    async with trying(sqlite(tmp_path), allow="10.0.0.0/8") as it:
        told = await it.plane.call(
            "PUT", "/v1/connector-types/webhook/test", 200, json={"settings": {"url": it.partner.url}}
        )
    (exchange,) = told["exchanges"]
    assert exchange["answer"]["error"] == "address_refused"
    assert "loopback" in exchange["answer"]["detail"]
    assert it.partner.heard == []


async def test_no_transaction_is_held_while_the_partner_thinks(it: Trying) -> None:
    connector_id = await it.webhook()

    async def write_meanwhile(_: web.Request) -> web.Response:
        await it.plane.connector(type="webhook", settings={"url": it.partner.url}, secrets={})
        return web.json_response({})

    it.partner.answering = write_meanwhile
    assert (await it.plane.call("POST", f"/v1/connectors/{connector_id}/test", 200))["ok"] is True


async def test_a_test_is_in_the_audit_log(it: Trying) -> None:
    connector_id = await it.webhook()
    await it.plane.call("POST", f"/v1/connectors/{connector_id}/test", 200)
    entries = (await it.plane.call("GET", "/v1/audit", 200, params={"object_id": connector_id}))["items"]
    assert [entry["change"] for entry in entries] == ["tested", "created"]


def signing_in(it: Trying) -> dict[str, object]:
    """The definition of a type that fetches an access token first."""
    access = {"kind": "client_credentials", "token_url": f"{it.partner.url}/token"}
    return {"key": "crm", "label": "CRM", "url": it.partner.url, "authentication": access, "check": {"path": "/me"}}


SIGN_IN = {"settings": {"client_id": "ada"}, "secrets": {"client_secret": "s3cret-of-ada"}}


async def test_a_token_is_fetched_first_and_never_shown(it: Trying) -> None:
    async def issue(request: web.Request) -> web.Response:
        if request.path == "/token":
            return web.json_response({"access_token": "t0ken-of-the-hour", "expires_in": 60})
        return web.json_response({"you_said": request.headers["Authorization"]})

    it.partner.answering = issue
    answer = await it.plane.http.post("/v1/custom-connector-types:test", json={"definition": signing_in(it), **SIGN_IN})
    told = answer.json()
    assert (told["ok"], [exchange["step"] for exchange in told["exchanges"]]) == (True, ["token", "check"])
    assert it.partner.heard[1].headers["Authorization"] == "Bearer t0ken-of-the-hour"
    assert "t0ken" not in answer.text
    assert "s3cret" not in answer.text


async def test_without_a_token_the_partner_is_not_asked_further(it: Trying) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": "invalid_client"}, status=400)

    it.partner.answering = refuse
    body = {"definition": signing_in(it), **SIGN_IN}
    told = await it.plane.call("POST", "/v1/custom-connector-types:test", 200, json=body)
    (exchange,) = told["exchanges"]
    assert (told["ok"], exchange["step"], exchange["verdict"]["verdict"]) == (False, "token", "unauthorized")
    assert exchange["verdict"]["partner_code"] == "invalid_client"


class RenewingSettings(SettingsModel):
    """Access by a refresh token."""

    url: str = setting("URL", "Where.")
    client_id: str = setting("Client", "Who.")
    client_secret: Secret = setting("Client secret", "How.")
    refresh_token: Secret = setting("Refresh token", "How long.")

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.url}/token"


RENEWING = replace(
    LEDGER,
    key="renewing",
    settings=RenewingSettings,
    token=refresh_token_flow(),
    check=lambda settings, _, token: PartnerRequest(
        "GET", settings.url, (("Authorization", f"Bearer {token}"),), secrets=(token or "",)
    ),
)


@pytest.fixture
async def renewing(database_url: str) -> AsyncIterator[Trying]:
    """A plane on each database that knows a type whose partner replaces refresh tokens."""
    async with trying(database_url, types=(RENEWING,)) as running:
        yield running


async def renewed(it: Trying, **meanwhile: Any) -> str:
    """The id of a connector whose partner replaces `r-first`, and any other refresh token, by `r-second`.

    With `meanwhile`, the connector is changed so before the partner answers.
    """
    body = {
        "settings": {"url": it.partner.url, "client_id": "ada"},
        "secrets": {"client_secret": "s3cret", "refresh_token": "r-first"},
    }
    connector_id = await it.plane.connector(type="renewing", **body)

    async def replace_it(_: web.Request) -> web.Response:
        if meanwhile:
            await it.plane.change("PATCH", f"/v1/connectors/{connector_id}", 200, dict(meanwhile))
            meanwhile.clear()
        return web.json_response({"access_token": "t0ken", "refresh_token": "r-second"})

    it.partner.answering = replace_it
    return connector_id


async def tried_with(it: Trying, connector_id: str, **body: Any) -> str:
    """The refresh token that a test of the connector used."""
    it.partner.heard.clear()
    answer = await it.plane.http.post(f"/v1/connectors/{connector_id}/test", json=body)
    assert answer.json()["ok"] is True, answer.text
    assert "r-second" not in answer.text
    (used,) = parse_qs(it.partner.heard[0].body.decode())["refresh_token"]
    return used


async def test_a_refresh_token_that_the_partner_replaced_is_kept_in_the_draft(renewing: Trying) -> None:
    connector_id = await renewed(renewing)
    assert [await tried_with(renewing, connector_id) for _ in range(2)] == ["r-first", "r-second"]


async def test_a_replaced_refresh_token_is_kept_though_the_connector_is_changed_meanwhile(renewing: Trying) -> None:
    connector_id = await renewed(renewing, name="Renamed")
    assert [await tried_with(renewing, connector_id) for _ in range(2)] == ["r-first", "r-second"]
    assert (await renewing.plane.call("GET", f"/v1/connectors/{connector_id}", 200))["name"] == "Renamed"


async def test_a_refresh_token_that_was_entered_meanwhile_stays(renewing: Trying) -> None:
    connector_id = await renewed(renewing, secrets={"refresh_token": "r-entered"})
    assert [await tried_with(renewing, connector_id) for _ in range(2)] == ["r-first", "r-entered"]


async def test_what_comes_of_a_refresh_token_that_the_draft_does_not_hold_is_not_kept(renewing: Trying) -> None:
    connector_id = await renewed(renewing)
    path = f"/v1/connectors/{connector_id}"
    assert await tried_with(renewing, connector_id, secrets={"refresh_token": "r-typed"}) == "r-typed"
    await renewing.plane.call("POST", f"{path}/publish", 202)
    await renewing.plane.change("PATCH", path, 200, {"secrets": {"refresh_token": "r-newer"}})
    assert await tried_with(renewing, connector_id, stage="published") == "r-first"
    assert await tried_with(renewing, connector_id) == "r-newer"


async def test_a_refresh_token_that_draft_and_published_version_share_is_replaced_in_the_draft(
    renewing: Trying,
) -> None:
    connector_id = await renewed(renewing)
    await renewing.plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)
    assert await tried_with(renewing, connector_id, stage="published") == "r-first"
    assert await tried_with(renewing, connector_id) == "r-second"
