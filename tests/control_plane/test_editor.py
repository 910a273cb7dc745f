"""The mapping editor: what it offers, what it says is wrong, what would be sent, and what is sent for real once."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.catalog.webhook.declaration import CONNECTOR as WEBHOOK
from connectors.kit.exchange import PartnerRequest
from connectors.records.profile_event import Change, Source, SourceKind
from control_plane.rendering.curl import as_curl
from control_plane.sample.recent_events import EventsUnreadable
from tests.support.builders import membership, plain_event
from tests.support.ledger import LEDGER
from tests.support.trying import TOKEN, Trying, sqlite, trying


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Trying]:
    """A plane and its partner."""
    async with trying(sqlite(tmp_path), types=(WEBHOOK, LEDGER)) as running:
        yield running


@pytest.fixture
async def on_both(database_url: str) -> AsyncIterator[Trying]:
    """The same on each database, for what its transactions decide."""
    async with trying(database_url) as running:
        yield running


async def viewer(it: Trying) -> dict[str, str]:
    """The header of somebody who may only look."""
    user = await it.plane.call("POST", "/v1/users", 201, json={"name": "Vera"})
    body = {"name": "k", "role": "viewer"}
    key = (await it.plane.call("POST", f"/v1/users/{user['id']}/api-keys", 201, json=body))["api_key"]
    return {"Authorization": f"Bearer {key}"}


async def preview(it: Trying, action_id: str, **body: Any) -> Any:
    """The preview of an action."""
    return await it.plane.call("POST", f"/v1/actions/{action_id}/preview", 200, json=body)


async def test_a_preview_renders_recent_events_and_masks_secrets(it: Trying) -> None:
    action_id = await it.action(await it.webhook())
    it.events.events += [membership("p-1"), plain_event("p-2")]

    answer = await it.plane.http.post(f"/v1/actions/{action_id}/preview")

    told = answer.json()
    assert (told["valid"], told["are_examples"]) == (True, False)
    assert [json.loads(item["request"]["body"]) for item in told["items"]] == [{"who": "p-2"}, {"who": "p-1"}]
    assert told["items"][0]["request"]["headers"]["Authorization"] == "«secret»"
    assert '"$TOKEN"' in told["items"][0]["curl"]
    assert "hush" not in answer.text
    assert it.partner.heard == [], "nothing is sent"


async def test_a_preview_follows_the_form_and_not_what_is_stored(it: Trying) -> None:
    action_id = await it.action(await it.webhook())
    told = await preview(it, action_id, mapping={"body": "{{ event.change }}"}, events=[event()])
    assert told["items"][0]["mapped"]["body"] == "joined"
    stored = await it.plane.call("GET", f"/v1/actions/{action_id}", 200)
    assert stored["mapping"]["body"] == {"who": "{{ profile.id }}"}


async def test_what_cannot_be_rendered_is_told_event_by_event(it: Trying) -> None:
    action_id = await it.action(await it.webhook(), mapping={"body": "{{ profile.attributes.shoe_size }}"})
    told = await preview(it, action_id, events=[event(), event(attributes={"shoe_size": 43})])
    first, second = told["items"]
    assert (first["problem"]["reason"], first["request"]) == ("cannot_render", None)
    assert "profile.attributes.shoe_size" in first["problem"]["detail"]
    assert second["request"]["body"] == "43"


async def test_what_is_skipped_says_why(it: Trying) -> None:
    connector_id = await it.webhook(identifiers=["phone"])
    action_id = await it.action(connector_id, consent=["ads"])
    told = await preview(it, action_id, events=[event(), event(consent=["ads"])])
    assert [item["skipped"] for item in told["items"]] == ["no_consent", "no_identifier"]
    assert "consent" in told["items"][0]["why"]


async def test_errors_of_the_mapping_come_instead_of_requests(it: Trying) -> None:
    action_id = await it.action(await it.webhook())
    told = await preview(it, action_id, mapping={"body": "a\n{{ profile.id | sha25 }}"})
    (error,) = told["errors"]
    assert (error["pointer"], error["line"], told["items"]) == ("/mapping/body", 2, [])


async def test_without_its_secrets_a_connector_still_shows_the_mapped_fields(it: Trying) -> None:
    connector_id = await it.plane.connector(secrets={})
    action_id = await it.plane.action(connector_id)
    told = await preview(it, action_id, events=[event()])
    assert [error["pointer"] for error in told["errors"]] == ["/connector/secrets/api_key"]
    (item,) = told["items"]
    assert (item["mapped"], item["request"]) == ({"email": "ada@example.org", "note": "hello"}, None)
    problem = await it.plane.call("POST", f"/v1/actions/{action_id}/test-send", 409, json={"event": event()})
    assert problem["code"] == "incomplete"


async def test_samples_are_those_of_the_sources_that_hold_the_action(it: Trying) -> None:
    action_id = await it.action(await it.webhook())
    await it.plane.audience(action_id, source_id="vip")
    it.events.events += [membership("p-vip"), membership("p-else", source=Source(SourceKind.AUDIENCE, "else"))]
    told = await preview(it, action_id)
    assert [item["event"]["profile_id"] for item in told["items"]] == ["p-vip"]


async def test_before_anything_has_happened_there_are_examples(it: Trying) -> None:
    action_id = await it.action(await it.webhook(), consent=["ads"])
    told = await preview(it, action_id)
    assert told["are_examples"] is True
    assert {item["event"].get("change", "occurred") for item in told["items"]} == set(Change)
    assert all(item["request"] for item in told["items"])
    it.events.trouble = EventsUnreadable("away")
    assert (await preview(it, action_id))["are_examples"] is True


async def test_another_workspaces_events_are_not_shown(it: Trying) -> None:
    action_id = await it.action(await it.webhook())
    it.events.events.append(membership("p-foreign", workspace="other"))
    assert (await it.plane.call("GET", "/v1/samples", 200))["items"] == []
    told = await preview(it, action_id, events=[event(workspace="other")])
    assert told["items"][0]["event"]["workspace"] == "default", "given events are the caller's own"


async def test_a_viewer_sees_the_shape_of_events_and_no_values(it: Trying) -> None:
    it.events.events.append(plain_event("p-ada", attributes={"name": "Ada"}, properties={"total": 1, "tags": ["x"]}))
    seen = await it.plane.call("GET", "/v1/samples", 200, headers=await viewer(it))
    (item,) = seen["items"]
    assert seen["redacted"] is True
    assert item["event"]["attributes"] == {"name": "text"}
    assert item["event"]["properties"] == {"total": "number", "tags": ["text"]}
    assert not {"Ada", "p-ada", "ada@example.org"} & set(json.dumps(item).split('"'))
    whole = await it.plane.call("GET", "/v1/samples", 200)
    assert whole["items"][0]["event"]["profile_id"] == "p-ada"


async def test_samples_of_a_feed_are_told_by_the_names_of_their_events(it: Trying) -> None:
    feed = await it.plane.call("POST", "/v1/event-feeds", 201, json={"name": "Orders", "event_names": ["purchase"]})
    it.events.events += [plain_event("p-1"), plain_event("p-2", name="visit"), membership("p-3")]
    query = {"kind": "feed", "id": feed["id"]}
    found = await it.plane.call("GET", "/v1/samples", 200, params=query)
    assert [item["event"]["profile_id"] for item in found["items"]] == ["p-1"]
    await it.plane.call("GET", "/v1/samples", 404, params=query | {"id": "fed_none"})
    await it.plane.call("GET", "/v1/samples", 422, params={"kind": "feed"})


async def test_the_language_offers_what_recent_events_have(it: Trying) -> None:
    it.events.events.append(membership(attributes={"first name": "Ada", "loyalty": {"points": 7}}))
    told = await it.plane.call("GET", "/v1/mapping-language", 200, params={"connector_type": "webhook"})
    attributes = {attribute["path"]: attribute for attribute in told["attributes"]}
    assert attributes["profile.identifiers.email"]["sample"] == "ada@example.org"
    assert attributes['profile.attributes["first name"]']["sample"] == "Ada"
    assert (attributes["profile.attributes.loyalty.points"]["type"], attributes["source.id"]["sample"]) == (
        "number",
        "vip",
    )
    assert "settings.url" in attributes
    assert "settings.token" not in attributes
    assert "settings.token" not in json.dumps(told)
    assert any(function["name"] == "sha256" and function["signature"] for function in told["functions"])

    looking = await it.plane.call("GET", "/v1/mapping-language", 200, headers=await viewer(it))
    assert "Ada" not in json.dumps(looking)
    assert {a["path"]: a for a in looking["attributes"]}["profile.attributes.loyalty.points"]["type"] == "number"


async def test_every_path_that_the_language_offers_is_one_that_a_mapping_takes(it: Trying) -> None:
    it.events.events.append(membership(attributes={"first name": "Ada", 'a"b': 1, "x": {"y": [1]}}))
    told = await it.plane.call("GET", "/v1/mapping-language", 200)
    mapping = {str(n): f"{{{{ {a['path']} }}}}" for n, a in enumerate(told["attributes"])}
    assert await it.plane.call("POST", "/v1/mappings:check", 200, json={"mapping": mapping}) == {
        "valid": True,
        "errors": [],
    }


async def test_a_mapping_is_checked_with_places(it: Trying) -> None:
    body = {"mapping": {"body": {"a": "{{ nothing.here }}"}, "boddy": "x"}}
    typed = {"connector_type": "webhook", "action_type": "send_event"}
    loose = await it.plane.call("POST", "/v1/mappings:check", 200, json=body)
    assert [(error["pointer"], error["line"]) for error in loose["errors"]] == [("/body/a", 1)]
    strict = await it.plane.call("POST", "/v1/mappings:check", 200, json=body | typed)
    assert {error["pointer"] for error in strict["errors"]} == {"/body/a", "/boddy"}


async def test_an_action_is_previewed_before_it_is_stored(it: Trying) -> None:
    connector_id = await it.webhook()
    body = {"type": "send_event", "mapping": {"body": "{{ profile.id }}"}, "events": [event()]}
    told = await it.plane.call("POST", f"/v1/connectors/{connector_id}/preview", 200, json=body)
    assert told["items"][0]["request"]["body"] == '"p-1"'


async def test_a_test_send_is_sent_once_and_shown_whole(it: Trying) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=422, text=f"{request.headers['Authorization']} " + "long " * 5_000)

    it.partner.answering = answer
    action_id = await it.action(await it.webhook())
    sent = await it.plane.http.post(f"/v1/actions/{action_id}/test-send", json={"event": event()})

    told = sent.json()
    assert (sent.status_code, told["sent"], told["ok"]) == (200, True, False)
    assert told["verdict"]["verdict"] == "rejected"
    assert len(told["exchanges"][0]["answer"]["body"]) > 20_000
    assert "hush" not in sent.text
    (heard,) = it.partner.heard
    assert json.loads(heard.body) == {"who": "p-1"}
    assert heard.headers["Authorization"] == f"Bearer {TOKEN}"
    assert heard.headers["webhook-id"] == told["delivery_id"]
    entries = (await it.plane.call("GET", "/v1/audit", 200, params={"object_id": action_id}))["items"]
    assert entries[0]["change"] == "test_sent"
    assert "p-1" not in json.dumps(entries[0]), "the audit log names no profile"


async def test_a_test_send_that_is_repeated_is_sent_once(on_both: Trying) -> None:
    action_id = await on_both.action(await on_both.webhook())
    path, headers = f"/v1/actions/{action_id}/test-send", {"Idempotency-Key": "t-1"}
    first = await on_both.plane.call("POST", path, 200, json={"event": event()}, headers=headers)
    again = await on_both.plane.call("POST", path, 200, json={"event": event()}, headers=headers)
    assert first == again
    assert len(on_both.partner.heard) == 1
    problem = await on_both.plane.call("POST", path, 422, json={"event": event("p-2")}, headers=headers)
    assert problem["code"] == "idempotency_key_reused"


async def test_a_test_send_that_still_runs_is_not_sent_again(on_both: Trying) -> None:
    released = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await released.wait()
        return web.json_response({})

    on_both.partner.answering = wait
    action_id = await on_both.action(await on_both.webhook())
    path, headers = f"/v1/actions/{action_id}/test-send", {"Idempotency-Key": "t-1"}
    first = asyncio.create_task(on_both.plane.call("POST", path, 200, json={"event": event()}, headers=headers))
    while not on_both.partner.heard:
        await asyncio.sleep(0.01)
    problem = await on_both.plane.call("POST", path, 409, json={"event": event()}, headers=headers)
    assert problem["code"] == "still_running"
    released.set()
    assert (await first)["ok"] is True
    assert len(on_both.partner.heard) == 1


async def test_a_refused_test_send_gives_its_key_back(on_both: Trying) -> None:
    action_id = await on_both.action(await on_both.webhook())
    path, headers = f"/v1/actions/{action_id}/test-send", {"Idempotency-Key": "t-1"}
    problem = await on_both.plane.call("POST", path, 409, json={}, headers=headers)
    assert problem["code"] == "no_event", "made-up people are not sent to partners"
    on_both.events.events.append(membership())
    assert (await on_both.plane.call("POST", path, 200, json={}, headers=headers))["sent"] is True


async def test_an_event_that_is_skipped_is_not_sent(it: Trying) -> None:
    action_id = await it.action(await it.webhook(), consent=["ads"])
    told = await it.plane.call("POST", f"/v1/actions/{action_id}/test-send", 200, json={"event": event()})
    assert (told["sent"], told["item"]["skipped"], it.partner.heard) == (False, "no_consent", [])


async def test_the_requests_of_draft_and_published_version_are_compared(it: Trying) -> None:
    connector_id = await it.webhook()
    action_id = await it.action(connector_id)
    path = f"/v1/connectors/{connector_id}"
    await it.plane.call("POST", f"{path}/publish", 202)
    it.events.events.append(membership())
    same = await it.plane.call("GET", f"{path}/diff/rendered", 200)
    assert (same["differs"], [action["change"] for action in same["actions"]]) == (False, ["same"])

    await it.plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"mapping": {"body": "{{ event.change }}"}})
    added = await it.action(connector_id, name="Second")
    answer = await it.plane.http.get(f"{path}/diff/rendered")
    told = answer.json()
    changes = {action["action_id"]: action["change"] for action in told["actions"]}
    assert changes == {action_id: "changed", added: "added"}
    (pair,) = told["actions"][0]["samples"]
    assert (pair["published"]["request"]["body"], pair["draft"]["request"]["body"]) == ('{"who":"p-1"}', '"joined"')
    assert "hush" not in answer.text


def test_the_curl_command_repeats_the_request_when_its_variables_are_set() -> None:
    request = PartnerRequest(
        "POST",
        "https://example.org/?k=s3%2Fcret%27",
        (("Authorization", "Basic dTpzMy9jcmV0Jw=="), ("X-Note", "it's")),
        b'{"key": "s3/cret\'", "text": "$HOME `id`"}',
        ("dTpzMy9jcmV0Jw==",),
    )
    command = as_curl(request, {"api-key": "s3/cret'"})
    assert command is not None
    assert "s3" not in command
    environment = {"API_KEY": "s3/cret'", "API_KEY_ENCODED": "s3%2Fcret%27", "SECRET_1": "dTpzMy9jcmV0Jw=="}
    script = f'curl() {{ printf "%s\\n" "$@"; }}\n{command}'
    shown = subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == [
        "--request",
        "POST",
        request.url,
        "--header",
        "Authorization: Basic dTpzMy9jcmV0Jw==",
        "--header",
        "X-Note: it's",
        "--data-binary",
        request.body.decode(),
    ]


def event(profile_id: str = "p-1", **changes: Any) -> dict[str, Any]:
    """A join as a caller writes it."""
    return {
        "kind": "membership",
        "profile_id": profile_id,
        "occurred_at": "2026-03-01T12:00:00Z",
        "source": {"kind": "audience", "id": "vip"},
        "change": "joined",
        "identifiers": {"email": "ada@example.org"},
    } | changes
