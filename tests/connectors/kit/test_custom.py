"""A custom connector: its definition is checked to the place, sends what it says, and reads answers by its table."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.kit.classification import Verdict
from connectors.kit.custom import ACTION, build_type, custom_type_of
from connectors.kit.custom_answers import ABSENT, value_at
from connectors.kit.custom_definition import (
    CustomDefinition,
    InvalidDefinition,
    dump_definition,
    load_definition,
    read_definition,
)
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerResponse
from connectors.kit.mapping import compile_action_mapping
from connectors.kit.rules import actions_are_named, is_described, mappings_hold, secrets_are_secret
from connectors.kit.web_address import split_url
from connectors.records.profile_event import Change
from tests.support.builders import connector
from tests.support.events import NOON, joined, left, occurred

DEFINITION = {
    "key": "acme_crm",
    "label": "Acme CRM",
    "url": "https://crm.example.org/api",
    "path": "/people/{{ profile.id | urlencode }}",
    "removal_method": "DELETE",
    "headers": {"X-Source": "{{ source.id }}"},
    "authentication": {"kind": "bearer"},
    "body": {"mapping": {"mail": "{{ profile.identifiers.email | downcase }}", "change": "{{ event.change }}"}},
    "on": ["joined", "left"],
    "identifiers": ["email"],
    "answers": [
        {"status": "200", "pointer": "/ok", "equals": [False], "verdict": "rejected", "code_at": "/errors/0/code"},
        {"status": "404", "verdict": "already_done"},
        {"status": "4xx", "pointer": "/slow_down", "verdict": "throttled", "retry_after_at": "/slow_down"},
        {"status": "409-410", "verdict": "misconfigured"},
    ],
    "check": {"path": "/me"},
}
KEY = {"key": "t0ken-1"}


def changed(**changes):
    return {**DEFINITION, **changes}


def render(definition, *events, settings=KEY, token=None):
    type_ = build_type(definition)
    action_type = type_.action(ACTION)
    mapping = compile_action_mapping(action_type, {}, type_.settings)
    rows = tuple(
        Row(f"dlv_{number}", event.profile_id, event.change, NOON, event.identifiers, mapping.render(event, {}))
        for number, event in enumerate(events, 1)
    )
    batch = Batch(rows, events[0].change, NOON, "bat_1", token)
    return action_type.render(type_.settings(**settings), action_type.fields(), batch)


def test_a_row_is_sent_as_the_definition_says():
    request = render(DEFINITION, joined(profile_id="a/b"))
    assert (request.method, request.url) == ("POST", "https://crm.example.org/api/people/a%2Fb")
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "Idempotency-Key": "bat_1",
        "Authorization": "Bearer t0ken-1",
        "X-Source": "aud_ada",
    }
    assert json.loads(request.body) == {"mail": "ada@example.org", "change": "joined"}
    assert request.secrets == ("t0ken-1",)
    assert render(DEFINITION, left()).method == "DELETE"


def test_rows_of_a_batch_are_one_body_in_their_envelope():
    batch = {"max_rows": 100, "max_age_seconds": 10}
    together = changed(path="/bulk", headers={}, batch=batch)
    events = (joined(), joined(profile_id="p-2"))
    assert [row["change"] for row in json.loads(render(together, *events).body)] == ["joined", "joined"]
    enveloped = changed(path="", headers={}, batch={**batch, "rows_in": "people", "envelope": {"list": 7}})
    body = json.loads(render(enveloped, *events).body)
    assert (body["list"], len(body["people"])) == (7, 2)
    text = changed(path="", headers={}, batch=batch, body={"format": "text", "mapping": "{{ profile.id }};1"})
    assert render(text, *events).body == b"p-1;1\np-2;1"


def test_rows_that_need_different_paths_cannot_share_a_request():
    with pytest.raises(CannotRender, match="same path"):
        render(changed(batch={"max_rows": 2, "max_age_seconds": 1}), joined(), joined(profile_id="p-2"))


@pytest.mark.parametrize(
    ("authentication", "settings", "header", "query", "secret"),
    [
        ({"kind": "none"}, {}, None, "", None),
        ({"kind": "bearer"}, KEY, ("Authorization", "Bearer t0ken-1"), "", "t0ken-1"),
        ({"kind": "header", "name": "X-Key"}, KEY, ("X-Key", "t0ken-1"), "", "t0ken-1"),
        ({"kind": "query", "name": "key"}, {"key": "a&b"}, None, "?key=a%26b", "a%26b"),
        (
            {"kind": "basic"},
            {"username": "ada", "password": "pw"},
            ("Authorization", "Basic YWRhOnB3"),
            "",
            "YWRhOnB3",
        ),
    ],
)
def test_each_way_of_signing_in(authentication, settings, header, query, secret):
    request = render(changed(path="", authentication=authentication), joined(), settings=settings)
    assert request.url == f"https://crm.example.org/api{query}"
    assert header is None or header in request.headers
    assert secret is None or secret in request.secrets
    check = build_type(changed(authentication=authentication)).check
    asked = check(build_type(changed(authentication=authentication)).settings(**settings), NOON, None)
    assert asked.url == f"https://crm.example.org/api/me{query}"


def test_client_credentials_fetch_a_token_first():
    oauth = {"kind": "client_credentials", "token_url": "https://login.example.org/token", "scope": "write"}
    type_ = build_type(changed(authentication=oauth))
    settings = {"client_id": "me", "client_secret": "secret-word"}
    asked = type_.token.render(type_.settings(**settings), NOON, None)
    assert asked.url == "https://login.example.org/token"
    assert b"scope=write" in asked.body
    token = type_.token.read(PartnerResponse(200, {}, b'{"access_token": "fresh", "expires_in": 60}'))
    request = render(changed(authentication=oauth), joined(), settings=settings, token=token.access_token)
    assert ("Authorization", "Bearer fresh") in request.headers


@pytest.mark.parametrize(
    ("status", "body", "verdict", "code", "wait"),
    [
        (200, {"ok": True}, Verdict.ACCEPTED, None, None),
        (200, {"ok": False, "errors": [{"code": "E17"}]}, Verdict.REJECTED, "E17", None),
        (200, {"ok": 0}, Verdict.ACCEPTED, None, None),
        (404, None, Verdict.ALREADY_DONE, None, None),
        (400, {"slow_down": "2.5"}, Verdict.THROTTLED, "400", 2.5),
        (400, {"slow_down": True}, Verdict.THROTTLED, "400", 1.0),
        (410, None, Verdict.MISCONFIGURED, "410", None),
        (400, {"other": 1}, Verdict.REJECTED, "400", None),
        (503, None, Verdict.TRY_AGAIN, "503", None),
        (401, None, Verdict.UNAUTHORIZED, "401", None),
    ],
)
def test_answers_are_read_by_the_first_rule_that_fits(status, body, verdict, code, wait):
    response = PartnerResponse(status, {}, b"<html>" if body is None else json.dumps(body).encode())
    batch = Batch((), Change.JOINED, NOON, "bat_1")
    (found,) = build_type(DEFINITION).classify(response, batch)
    assert (found.verdict, found.partner_code, found.retry_after) == (verdict, code, wait)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("", {"a": [1, {"b/c": 2}]}), ("/a/0", 1), ("/a/1/b~1c", 2), ("/a/2", ABSENT), ("/a/-", ABSENT), ("/x/y", ABSENT)],
)
def test_a_pointer_finds_what_it_names(pointer, found):
    assert value_at({"a": [1, {"b/c": 2}]}, pointer) == found


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "https://{{ profile.id }}.example.org"}, "/url"),
        ({"url": "crm"}, "/url"),
        ({"key": "Acme CRM"}, "/key"),
        ({"format": 2}, "/format"),
        ({"colour": "red"}, "/colour"),
        ({"authentication": {"kind": "header"}}, "/authentication/name"),
        ({"authentication": {"kind": "header", "name": "Host"}}, "/authentication/name"),
        ({"authentication": {"kind": "magic"}}, "/authentication"),
        ({"path": "{{ profile.identifiers.email"}, "/path"),
        ({"body": {"mapping": {"a": [{"b": "{{ nobody.id }}"}]}}}, "/body/mapping/a/0/b"),
        ({"headers": {"X-A": "{{ settings.key }}"}}, "/headers/X-A"),
        ({"identifiers": ["e-mail"]}, "/identifiers"),
        ({"on": []}, "/on"),
        ({"answers": [{"status": "200", "verdict": "accepted_later"}]}, "/answers/0"),
        ({"answers": [{"status": "200", "verdict": "great"}]}, "/answers/0/verdict"),
        ({"answers": [{"verdict": "accepted"}]}, "/answers/0"),
        ({"answers": [{"status": "9xx", "verdict": "accepted"}]}, "/answers/0/status"),
        ({"timeout_seconds": 31}, "/timeout_seconds"),
        ({"batch": {"max_rows": 1, "max_age_seconds": 1}}, "/batch/max_rows"),
    ],
)
def test_what_does_not_hold_is_told_with_its_place(change, pointer):
    with pytest.raises(InvalidDefinition) as raised:
        build_type(changed(**change))
    assert raised.value.pointer == pointer
    assert pointer in raised.value.detail


@pytest.mark.parametrize("path", ["@evil.example", "//evil.example/", ":81/", "/../.."])
def test_no_path_moves_a_request_to_another_host(path):
    assert split_url(render(changed(path=path), joined()).url).host == "crm.example.org"


def test_a_mapped_header_cannot_take_the_place_of_the_credentials():
    own = changed(headers={"X-Key": "mine"}, authentication={"kind": "header", "name": "X-Key"})
    with pytest.raises(CannotRender, match="X-Key"):
        render(own, joined())


def test_a_definition_is_one_file_that_can_be_read_back():
    definition = read_definition(DEFINITION)
    file = dump_definition(definition)
    assert read_definition(load_definition(file)) == definition
    assert file.startswith("format: 1\nkey: acme_crm\n")
    assert read_definition(load_definition(json.dumps(DEFINITION))) == definition


@pytest.mark.parametrize(
    "text", ["- a\n", "a: &x [1]\nb: *x\n", "a: [", "\x00", "x" * 300_000, "!!python/object/apply:os.system ['true']"]
)
def test_a_file_that_is_no_definition_is_refused(text):
    with pytest.raises(InvalidDefinition):
        load_definition(text)


def test_the_rules_for_every_connector_type_hold_for_it():
    type_ = build_type(DEFINITION)
    for rule in (is_described, actions_are_named, secrets_are_secret, mappings_hold):
        assert list(rule(replace(type_, settings=build_type(DEFINITION).settings), [])) == []


def test_the_definition_of_the_documentation_holds():
    page = (Path(__file__).parents[3] / "docs/connectors/custom.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    definition = load_definition(example)
    request = render(definition, joined(), settings={"client_id": "c", "client_secret": "s"}, token="t")
    assert json.loads(request.body)["members"][0]["mail"] == hashlib.sha256(b"ada@example.org").hexdigest()
    assert [name for name in CustomDefinition.model_fields if not re.search(rf"\b{name}\b", page)] == []


def test_a_plain_event_can_be_sent_too():
    definition = changed(on=["occurred"], headers={}, body={"mapping": "{{ event.properties }}"})
    assert json.loads(render(definition, occurred()).body)["total"] == 12.5


def test_the_record_without_a_definition_says_so():
    with pytest.raises(InvalidDefinition, match="no definition"):
        custom_type_of(connector(type="custom"))
