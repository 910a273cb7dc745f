"""A test alert: the receiver hears at once that it is one, and the alert's own state and messages stay as they are."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tests.support.trying import Trying, sqlite, trying

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Trying]:
    """A plane, and somebody to tell."""
    async with trying(sqlite(tmp_path)) as running:
        yield running


async def alert(it: Trying, **more: Any) -> str:
    """An alert that tells the listening server."""
    channel = {"kind": "webhook", "url": f"{it.partner.url}/in"}
    body = {"name": "Trouble", "condition": {"kind": "breaker_open"}, "channel": channel, "secret": SIGNING} | more
    return str((await it.plane.call("POST", "/v1/alerts", 201, json=body))["id"])


async def test_the_receiver_hears_that_it_is_a_test(it: Trying) -> None:
    connector_id = await it.webhook()
    alert_id = await alert(it, connector_id=connector_id)

    told = await it.plane.call("POST", f"/v1/alerts/{alert_id}/test", 200)

    assert (told["taken"], told["trouble"]) == (True, None)
    (heard,) = it.partner.heard
    signed = {name.lower(): value for name, value in heard.headers.items()}
    body = Webhook(SIGNING).verify(heard.body, signed)
    assert (body["type"], body["alert"]["id"]) == ("alert.test", alert_id)
    assert body["connector"] == {"id": connector_id, "name": "Hook"}
    assert signed["webhook-id"] == told["message_id"]
    assert (await it.plane.call("GET", f"/v1/alerts/{alert_id}/messages", 200))["items"] == []
    changes = (await it.plane.call("GET", "/v1/audit", 200))["items"]
    assert (changes[0]["change"], changes[0]["kind"]) == ("tested", "alert")


async def test_why_it_was_not_taken_is_told(it: Trying) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=500)

    it.partner.answering = refuse
    told = await it.plane.call("POST", f"/v1/alerts/{await alert(it)}/test", 200)
    assert (told["taken"], told["trouble"]) == (False, "The receiver answered 500.")
    assert json.loads(it.partner.heard[0].body)["connector"] == {"id": None, "name": "Every connector"}


async def test_an_alert_that_is_not_there_is_not_tried(it: Trying) -> None:
    await it.plane.call("POST", "/v1/alerts/alr_no/test", 404)
    assert it.partner.heard == []
