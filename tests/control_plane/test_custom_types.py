"""Custom connector types: defined with places of what is wrong, revised, tried, carried to workers, moved as a file."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from connectors.kit.custom import CUSTOM, custom_type_of
from connectors.records.config import ConnectorConfig
from control_plane.access.first_admin import DEFAULT_WORKSPACE
from tests.support.partner_server import running_partner
from tests.support.trying import Trying, trying

PATH = "/v1/custom-connector-types"
SECRET = "s3cret-of-the-crm"


@pytest.fixture
async def it(database_url: str) -> AsyncIterator[Trying]:
    """A plane and a partner."""
    async with trying(database_url) as running:
        yield running


def crm(it: Trying, **changes: Any) -> dict[str, Any]:
    """A definition that sends to the partner."""
    return {
        "key": "crm",
        "label": "Our CRM",
        "url": it.partner.url,
        "authentication": {"kind": "header", "name": "X-Key"},
        "body": {"mapping": {"who": "{{ profile.id }}"}},
        "check": {"path": "/me"},
        "codes": {"C-1": "The record is locked."},
    } | changes


async def defined(it: Trying, **changes: Any) -> Any:
    """A saved definition."""
    return await it.plane.call("POST", PATH, 201, json={"definition": crm(it, **changes)})


async def secret_name(it: Trying) -> str:
    """The name of the only secret of the type."""
    (name,) = (await it.plane.call("GET", "/v1/connector-types/custom:crm", 200))["secret_fields"]
    return str(name)


async def connector(it: Trying) -> str:
    """A connector of the custom type."""
    secrets = {await secret_name(it): SECRET}
    body = {"type": "custom:crm", "name": "CRM EU", "secrets": secrets}
    return str((await it.plane.call("POST", "/v1/connectors", 201, json=body))["id"])


async def taken_by(it: Trying, path: str) -> Any:
    """The connector with the newest revision in its draft."""
    return await it.plane.call("PUT", f"{path}/definition", 200, headers=await it.plane.etag(path))


async def record_of(it: Trying, connector_id: str) -> ConnectorConfig:
    """What workers have."""
    await it.plane.relayed()
    record = it.plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    return record


async def test_a_definition_is_in_the_marketplace_at_once(it: Trying) -> None:
    made = await defined(it)
    assert (made["type"], made["revision"], made["definition"]["revision"]) == ("custom:crm", 1, 1)
    cards = {card["key"]: card for card in (await it.plane.call("GET", "/v1/connector-types", 200))["items"]}
    assert cards["custom:crm"]["label"] == "Our CRM"
    shown = await it.plane.call("GET", "/v1/connector-types/custom:crm", 200)
    assert shown["action_types"][0]["key"] == "send_event"
    await it.plane.call("GET", "/v1/connector-types/custom:crm@2", 404)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"url": "ftp://x"}, "/definition/url"),
        ({"colour": "red"}, "/definition/colour"),
        ({"body": {"mapping": {"a": "{{ nothing.here }}"}}}, "/definition/body/mapping/a"),
        ({"answers": [{"verdict": "accepted"}]}, "/definition/answers/0"),
        ({"key": "a" * 41}, "/definition/key"),
    ],
)
async def test_what_is_wrong_has_its_place(it: Trying, changes: dict[str, Any], pointer: str) -> None:
    definition = crm(it, **changes)
    problem = await it.plane.call("POST", PATH, 422, json={"definition": definition})
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    checked = await it.plane.call("POST", f"{PATH}:check", 200, json={"definition": definition})
    assert (checked["valid"], [error["pointer"] for error in checked["errors"]]) == (False, [pointer])
    assert (await it.plane.call("GET", PATH, 200))["items"] == []


async def test_workers_get_the_definition_with_the_connector(it: Trying) -> None:
    await defined(it)
    connector_id = await connector(it)
    await it.action(connector_id, mapping={})
    await it.plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)

    record = await record_of(it, connector_id)
    assert record.type == CUSTOM
    assert custom_type_of(record).label == "Our CRM"
    assert record.actions[0].mapping["body"] == {"who": "{{ profile.id }}"}


async def test_a_new_revision_reaches_a_connector_when_it_takes_it_and_is_published(it: Trying) -> None:
    made = await defined(it)
    connector_id = await connector(it)
    path = f"/v1/connectors/{connector_id}"
    await it.plane.call("POST", f"{path}/publish", 202)
    changed = {"definition": crm(it, label="Renamed CRM"), "note": "a new name"}
    revised = await it.plane.change("PUT", f"{PATH}/{made['id']}", 200, changed)
    assert revised["revision"] == 2
    shown = await it.plane.call("GET", path, 200)
    assert (shown["type"], shown["type_label"], shown["unpublished_changes"]) == ("custom:crm@1", "Our CRM", False)

    taken = await taken_by(it, path)
    assert (taken["type"], taken["type_label"], taken["unpublished_changes"]) == ("custom:crm@2", "Renamed CRM", True)
    assert taken["secrets"], "it sends to the same host"
    await it.plane.call("PUT", f"{path}/activate", 202)
    assert custom_type_of(await record_of(it, connector_id)).label == "Our CRM", "not before it is published"
    await it.plane.call("POST", f"{path}/publish", 202)
    assert custom_type_of(await record_of(it, connector_id)).label == "Renamed CRM"

    await it.plane.call("POST", f"{path}/versions/1/revert", 202)
    assert custom_type_of(await record_of(it, connector_id)).label == "Our CRM"
    assert (await it.plane.call("GET", path, 200))["type"] == "custom:crm@1"


async def test_a_revision_that_sends_elsewhere_clears_the_secrets(it: Trying) -> None:
    made = await defined(it)
    connector_id = await connector(it)
    path = f"/v1/connectors/{connector_id}"
    await it.plane.call("POST", f"{path}/publish", 202)
    elsewhere = {"definition": crm(it, url="https://evil.example.org")}
    await it.plane.change("PUT", f"{PATH}/{made['id']}", 200, elsewhere)

    assert (await taken_by(it, path))["secrets"] == {}
    problem = await it.plane.call("POST", f"{path}/publish", 409)
    assert problem["code"] == "incomplete"
    assert custom_type_of(await record_of(it, connector_id)).actions, "what is published goes on"


async def test_reverting_to_an_earlier_host_takes_the_secrets_that_were_given_for_it(it: Trying) -> None:
    made = await defined(it)
    connector_id = await connector(it)
    path, name = f"/v1/connectors/{connector_id}", await secret_name(it)
    await it.plane.call("POST", f"{path}/publish", 202)
    await it.plane.change("PUT", f"{PATH}/{made['id']}", 200, {"definition": crm(it, url="https://new.example.org")})
    await taken_by(it, path)
    await it.plane.change("PATCH", path, 200, {"secrets": {name: "for-the-new-host"}})
    await it.plane.call("POST", f"{path}/publish", 202)

    await it.plane.call("POST", f"{path}/versions/1/revert", 202)
    record = await record_of(it, connector_id)
    assert it.plane.parts.sealer.open(connector_id, name, record.secrets[name]) == SECRET


async def test_a_published_secret_is_not_sent_to_the_host_of_another_revision(it: Trying) -> None:
    made = await defined(it)
    path = f"/v1/connectors/{await connector(it)}"
    await it.plane.call("POST", f"{path}/publish", 202)
    async with running_partner() as elsewhere:
        await it.plane.change("PUT", f"{PATH}/{made['id']}", 200, {"definition": crm(it, url=elsewhere.url)})
        assert (await taken_by(it, path))["secrets"] == {}
        told = await it.plane.call("POST", f"{path}/test", 200, json={"stage": "published"})
        assert (told["ok"], elsewhere.heard) == (True, [])
    assert [heard.headers["X-Key"] for heard in it.partner.heard] == [SECRET]


async def test_the_rendered_diff_shows_each_side_with_its_own_revision(it: Trying) -> None:
    made = await defined(it)
    connector_id = await connector(it)
    path = f"/v1/connectors/{connector_id}"
    await it.action(connector_id, mapping={})
    await it.plane.call("POST", f"{path}/publish", 202)
    await it.plane.change("PUT", f"{PATH}/{made['id']}", 200, {"definition": crm(it, method="PUT")})
    await taken_by(it, path)
    told = await it.plane.call("GET", f"{path}/diff/rendered", 200)
    pair = told["actions"][0]["samples"][0]
    assert (pair["published"]["request"]["method"], pair["draft"]["request"]["method"]) == ("POST", "PUT")


async def test_reverting_leaves_out_secrets_that_the_earlier_revision_does_not_know(it: Trying) -> None:
    made = await defined(it)
    connector_id = await connector(it)
    path, name = f"/v1/connectors/{connector_id}", await secret_name(it)
    await it.plane.call("POST", f"{path}/publish", 202)
    await it.plane.change("PUT", f"{PATH}/{made['id']}", 200, {"definition": crm(it, authentication="basic")})
    await taken_by(it, path)
    await it.plane.change("PATCH", path, 200, {"settings": {"username": "ada"}, "secrets": {"password": "pa55"}})
    await it.plane.call("POST", f"{path}/publish", 202)

    await it.plane.call("POST", f"{path}/versions/1/revert", 202)
    assert list((await record_of(it, connector_id)).secrets) == [name]


async def test_a_custom_connector_is_tested_and_previewed_like_any_other(it: Trying) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"key": request.headers.get("X-Key")}, status=200)

    it.partner.answering = answer
    await defined(it)
    connector_id = await connector(it)
    tested = await it.plane.http.post(f"/v1/connectors/{connector_id}/test")
    assert tested.json()["ok"] is True
    assert SECRET not in tested.text
    assert (it.partner.heard[0].path, it.partner.heard[0].headers["X-Key"]) == ("/me", SECRET)
    action_id = await it.action(connector_id, mapping={})
    told = await it.plane.call("POST", f"/v1/actions/{action_id}/preview", 200)
    assert told["items"][0]["request"]["body"] == '{"who":"p-ada"}'


async def test_a_definition_is_tried_before_it_is_saved(it: Trying) -> None:
    form = {"definition": crm(it, authentication={"kind": "none"})}
    told = await it.plane.call("POST", f"{PATH}:test", 200, json=form)
    assert (told["ok"], it.partner.heard[0].path) == (True, "/me")
    problem = await it.plane.call("POST", f"{PATH}:test", 422, json={"definition": {}})
    assert problem["errors"][0]["pointer"].startswith("/definition")


async def test_a_type_moves_as_one_file(it: Trying) -> None:
    made = await defined(it)
    answer = await it.plane.http.get(f"{PATH}/{made['id']}/file")
    assert answer.headers["content-type"].startswith("application/yaml")
    again = await it.plane.call("POST", f"{PATH}:import", 200, json={"file": answer.text, "note": "moved"})
    assert (again["id"], again["revision"]) == (made["id"], 2)
    before, after = made["definition"], again["definition"]
    assert {**after, "revision": 1} == {**before, **{name: after[name] for name in after if name not in before}}
    other = answer.text.replace("key: crm", "key: crm_two")
    copy = await it.plane.call("POST", f"{PATH}:import", 200, json={"file": other})
    assert (copy["key"], copy["revision"]) == ("crm_two", 1)
    for text in ("a: [", "- a", "a: &x 1\nb: *x"):
        problem = await it.plane.call("POST", f"{PATH}:import", 422, json={"file": text})
        assert problem["errors"][0]["pointer"] == "/file"
    history = await it.plane.call("GET", f"{PATH}/{made['id']}/versions", 200)
    assert [(item["number"], item["note"]) for item in history["items"]] == [(2, "moved"), (1, None)]


async def test_a_file_with_values_that_cannot_be_stored_is_refused(it: Trying) -> None:
    for value, said in (
        (".nan", "NaN"),
        ("-.inf", "infinity"),
        (r'"x\0y"', "NUL"),
        (r'"\ud800"', "surrogate"),
        ("9223372036854775808", "64 bits"),
        ("[" * 40 + "]" * 40, "32 deep"),
        ("!!binary aGk=", "write it as text"),
        ("!!set {a, b}", "write it as text"),
    ):
        text = f"key: crm\nlabel: CRM\nurl: https://crm.example.org\nbody: {{mapping: {{a: {value}}}}}\n"
        (error,) = (await it.plane.call("POST", f"{PATH}:import", 422, json={"file": text}))["errors"]
        assert (error["pointer"], error["code"]) == ("/file", "invalid_definition")
        assert said in error["detail"]


async def test_a_date_in_a_file_is_text(it: Trying) -> None:
    text = "key: crm\nlabel: CRM\nurl: https://crm.example.org\nbody: {mapping: {day: 2026-01-01}}\n"
    made = await it.plane.call("POST", f"{PATH}:import", 200, json={"file": text})
    assert made["definition"]["body"]["mapping"] == {"day": "2026-01-01"}


async def test_a_type_that_a_connector_has_cannot_be_deleted(it: Trying) -> None:
    made = await defined(it)
    connector_id = await connector(it)
    path = f"{PATH}/{made['id']}"
    problem = await it.plane.change("DELETE", path, 409)
    assert [use["id"] for use in problem["uses"]] == [connector_id]
    await it.plane.change("DELETE", f"/v1/connectors/{connector_id}", 204)
    await it.plane.change("DELETE", path, 204)
    await it.plane.call("GET", "/v1/connector-types/custom:crm", 404)


async def test_a_key_is_taken_once_and_never_changes(it: Trying) -> None:
    made = await defined(it)
    problem = await it.plane.call("POST", PATH, 409, json={"definition": crm(it)})
    assert problem["code"] == "key_taken"
    problem = await it.plane.change("PUT", f"{PATH}/{made['id']}", 422, {"definition": crm(it, key="other")})
    assert problem["errors"][0]["code"] == "key_fixed"


async def test_another_workspace_does_not_know_the_type(it: Trying) -> None:
    made = await defined(it)
    types = it.plane.parts.custom_types
    async with it.plane.parts.database.transaction(write=False) as session:
        mine = await types.types_of(session, DEFAULT_WORKSPACE, it.plane.parts.registry)
        theirs = await types.types_of(session, "other", it.plane.parts.registry)
    assert (mine.get("custom:crm") is None, theirs.get("custom:crm")) == (False, None)
    assert made["type"] not in {type_.key for type_ in theirs}


async def test_connectors_are_found_by_the_label_and_the_key_of_their_custom_type(it: Trying) -> None:
    await defined(it)
    connector_id = await connector(it)
    await defined(it, key="books", label="Book club", authentication={"kind": "none"})
    await it.plane.call("POST", "/v1/connectors", 201, json={"type": "custom:books", "name": "Books"})
    for query in ({"q": "our crm"}, {"q": "crm eu"}, {"type": "custom:crm"}, {"type": "custom:crm@1"}):
        found = await it.plane.call("GET", "/v1/connectors", 200, params=query)
        assert [item["id"] for item in found["items"]] == [connector_id], query
    for query in ({"q": "another crm"}, {"type": "custom:cr"}, {"type": "custom:crm@2"}):
        assert (await it.plane.call("GET", "/v1/connectors", 200, params=query))["items"] == []
