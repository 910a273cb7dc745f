"""What the API refuses and how it says so: faults with places, secrets, ETags, repeated requests, pages."""

import asyncio

import pytest

from tests.support.plane import LEDGER_SETTINGS, SECRET, Plane


async def test_secrets_are_write_only(plane: Plane) -> None:
    connector_id = await plane.connector()
    await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)

    for path in (
        f"/v1/connectors/{connector_id}",
        "/v1/connectors",
        f"/v1/connectors/{connector_id}/versions/1",
        "/v1/audit",
    ):
        answer = await plane.http.get(path)
        assert answer.status_code == 200
        assert SECRET not in answer.text
        assert "gAAAA" not in answer.text, "not even in sealed form"
    shown = await plane.call("GET", f"/v1/connectors/{connector_id}", 200)
    assert shown["secrets"] == {"api_key": {"set": True}}


async def test_a_secret_among_the_settings_is_refused_and_never_repeated(plane: Plane) -> None:
    body = {"type": "ledger", "name": "L", "settings": LEDGER_SETTINGS | {"api_key": SECRET}}
    answer = await plane.http.post("/v1/connectors", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "/settings/api_key",
        "code": "is_secret",
        "detail": "Secrets go into `secrets`.",
    }
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"settings": {"url": "ftp://x"}}, "/settings/url", "string_pattern_mismatch"),
        ({"settings": {}}, "/settings/url", "missing"),
        ({"settings": LEDGER_SETTINGS | {"colour": "red"}}, "/settings/colour", "extra_forbidden"),
        ({"secrets": {"api_key": "short"}}, "/secrets/api_key", "too_short"),
        ({"secrets": {"pin": "12345678"}}, "/secrets/pin", "unknown_secret"),
        ({"type": "nothing"}, "/type", "unknown_connector_type"),
        ({"name": "\u0000"}, "/name", "value_error"),
        ({"nmae": "typo"}, "/nmae", "extra_forbidden"),
        ({"limits": {"timeout_seconds": 300}}, "/limits/timeout_seconds", "less_than_equal"),
    ],
)
async def test_each_fault_has_its_place(plane: Plane, changes: dict[str, object], pointer: str, code: str) -> None:
    body = {"type": "ledger", "name": "L", "settings": LEDGER_SETTINGS} | changes
    problem = await plane.call("POST", "/v1/connectors", 422, json=body)
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in problem["errors"]]


async def test_a_mapping_that_does_not_hold_is_told_with_line_and_column(plane: Plane) -> None:
    connector_id = await plane.connector()
    body = {
        "type": "sync_list",
        "name": "VIPs",
        "fields": {"list_id": "l_1"},
        "mapping": {"note": "first\n{{ profile.id | sha25 }}"},
    }
    problem = await plane.call("POST", f"/v1/connectors/{connector_id}/actions", 422, json=body)
    (error,) = problem["errors"]
    assert (error["pointer"], error["code"], error["line"]) == ("/mapping/note", "invalid_mapping", 2)
    assert error["column"] > 1


async def test_a_required_field_must_be_mapped(plane: Plane) -> None:
    connector_id = await plane.connector()
    body = {"type": "sync_list", "name": "V", "fields": {"list_id": "l_1"}, "mapping": {"email": None}}
    problem = await plane.call("POST", f"/v1/connectors/{connector_id}/actions", 422, json=body)
    assert [error["pointer"] for error in problem["errors"]] == ["/mapping/email"]


async def test_a_type_that_allows_one_connector_refuses_the_second(plane: Plane) -> None:
    await plane.connector(type="one_only")
    body = {"type": "one_only", "name": "Again", "settings": LEDGER_SETTINGS}
    problem = await plane.call("POST", "/v1/connectors", 409, json=body)
    assert problem["code"] == "only_one_allowed"


async def test_a_change_needs_the_version_that_was_read(plane: Plane) -> None:
    path = f"/v1/connectors/{await plane.connector()}"
    assert (await plane.call("PATCH", path, 428, json={"name": "x"}))["code"] == "precondition_required"

    seen = await plane.etag(path)
    await plane.call("PATCH", path, 200, json={"name": "first"}, headers=seen)
    problem = await plane.call("PATCH", path, 412, json={"name": "second"}, headers=seen)

    assert (problem["code"], problem["current_version"]) == ("stale", 2)
    assert (await plane.call("GET", path, 200))["name"] == "first"
    await plane.call("DELETE", path, 412, headers={"If-Match": "no version"})


async def test_of_two_changes_at_the_same_moment_one_is_refused(plane: Plane) -> None:
    path = f"/v1/connectors/{await plane.connector()}"
    seen = await plane.etag(path)
    answers = await asyncio.gather(*(plane.http.patch(path, json={"name": str(n)}, headers=seen) for n in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_a_creation_that_is_repeated_makes_one_object(plane: Plane) -> None:
    body = {"type": "ledger", "name": "Once", "settings": LEDGER_SETTINGS}
    key = {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(*(plane.http.post("/v1/connectors", json=body, headers=key) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.headers["ETag"] for answer in answers} == {'"1"'}
    assert len((await plane.call("GET", "/v1/connectors", 200))["items"]) == 1
    problem = await plane.call("POST", "/v1/connectors", 422, json=body | {"name": "Other"}, headers=key)
    assert problem["code"] == "idempotency_key_reused"


async def test_a_refused_creation_does_not_take_the_key(plane: Plane) -> None:
    body = {"type": "ledger", "name": "L", "settings": {}}
    key = {"Idempotency-Key": "k-1"}
    await plane.call("POST", "/v1/connectors", 422, json=body, headers=key)
    await plane.call("POST", "/v1/connectors", 201, json=body | {"settings": LEDGER_SETTINGS}, headers=key)


async def test_pages_neither_repeat_nor_skip_while_things_are_added(plane: Plane) -> None:
    made = [await plane.connector(name=f"C{n}") for n in range(5)]
    answer = await plane.http.get("/v1/connectors", params={"limit": 2})
    seen = [item["id"] for item in answer.json()["items"]]
    assert answer.json()["has_more"] is True
    made.append(await plane.connector(name="C5"))
    while 'rel="next"' in answer.headers.get("Link", ""):
        answer = await plane.http.get(answer.headers["Link"].split(">")[0].removeprefix("<"))
        seen += [item["id"] for item in answer.json()["items"]]
    assert seen == made


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyJhIiwgImIiXQ", "WzFd", "W1tdXQ", "////"])
async def test_a_cursor_that_is_none_is_told(plane: Plane, cursor: str) -> None:
    problem = await plane.call("GET", "/v1/connectors", 422, params={"cursor": cursor})
    assert problem["errors"][0]["code"] == "invalid_cursor"


async def test_connectors_are_found_by_words_of_their_name(plane: Plane) -> None:
    await plane.connector(name="Ledger of Ada")
    await plane.connector(name="100% Ledger")
    found = [
        [item["name"] for item in (await plane.call("GET", "/v1/connectors", 200, params={"q": q}))["items"]]
        for q in ("ada LEDGER", "0%", "nobody")
    ]
    assert found == [["Ledger of Ada"], ["100% Ledger"], []]


async def test_every_error_is_a_problem_with_a_trace_id(plane: Plane) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    sent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    for method, path, status in (
        ("GET", "/v1/connectors/con_none", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/v1/connectors", 405),
        ("GET", "/v1/connectors?limit=0", 422),
    ):
        answer = await plane.http.request(method, path, headers=sent)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["trace_id"] == trace == answer.headers["x-trace-id"]
        assert answer.json()["status"] == status


async def test_a_body_beyond_the_limit_is_refused(plane: Plane) -> None:
    body = b'{"type": "ledger", "name": "' + b"x" * 2_200_000 + b'"}'
    answer = await plane.http.post("/v1/connectors", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_every_change_is_in_the_audit_log_with_before_and_after(plane: Plane) -> None:
    connector_id = await plane.connector()
    await plane.change("PATCH", f"/v1/connectors/{connector_id}", 200, {"name": "Renamed"})

    entries = (await plane.call("GET", "/v1/audit", 200, params={"object_id": connector_id}))["items"]

    assert [entry["change"] for entry in entries] == ["updated", "created"]
    assert (entries[0]["before"]["name"], entries[0]["after"]["name"]) == ("Ledger EU", "Renamed")
    assert entries[0]["after"]["secrets"] == {"api_key": {"set": True}}


async def test_the_marketplace_tells_what_a_type_needs(plane: Plane) -> None:
    cards = (await plane.call("GET", "/v1/connector-types", 200))["items"]
    assert [card["key"] for card in cards] == ["ledger", "one_only"]
    shown = await plane.call("GET", "/v1/connector-types/ledger", 200)
    assert shown["secret_fields"] == ["api_key"]
    assert shown["settings"]["properties"]["url"]["title"] == "URL"
    sync_list, write_entry = shown["action_types"]
    assert (sync_list["target_field"], sync_list["data_types"]) == ("list_id", ["audience", "journey"])
    assert sync_list["mapping"]["email"] == "{{ profile.identifiers.email }}"
    assert set(sync_list["fields"]["properties"]) == {"list_id"}
    assert write_entry["on"] == ["occurred"]


async def test_a_form_is_validated_without_being_stored(plane: Plane) -> None:
    form = {"settings": {"url": "x"}, "action": {"type": "sync_list", "mapping": {"note": "{{ nothing.here }}"}}}
    checked = await plane.call("PUT", "/v1/connector-types/ledger/validate", 200, json=form)
    pointers = {error["pointer"] for error in checked["errors"]}
    assert pointers == {"/settings/url", "/secrets/api_key", "/action/fields/list_id", "/action/mapping/note"}
    right = {"settings": LEDGER_SETTINGS, "secrets": {"api_key": SECRET}}
    assert (await plane.call("PUT", "/v1/connector-types/ledger/validate", 200, json=right))["valid"] is True
