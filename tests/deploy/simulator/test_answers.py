"""The simulator answers like the partners, and shows exactly what it received."""

import httpx
import pytest

from connectors.kit.cases import RecordedAnswer
from deploy.local.simulator.recorded_answers import RecordedAnswers, answers_of_the_catalog
from tests.support.simulator import simulator_in_this_loop

ADDED = RecordedAnswer(
    "POST", "https://eu.acme.example/v2/lists/l_82f1/members", 202, {"X-Acme": "yes"}, b'{"added": 1}', accepted=True
)
THROTTLED = ADDED._replace(status=429, headers={"Retry-After": "30"}, accepted=False)


@pytest.fixture
async def partner():
    async with (
        simulator_in_this_loop(RecordedAnswers([("acme", THROTTLED), ("acme", ADDED)])) as url,
        httpx.AsyncClient(base_url=url, timeout=10) as client,
    ):
        yield client


async def test_a_known_path_gets_the_accepted_answer_of_its_case(partner):
    answer = await partner.post("/acme/v2/lists/l_82f1/members", json={})

    assert (answer.status_code, answer.json(), answer.headers["X-Acme"]) == (202, {"added": 1}, "yes")


async def test_a_path_with_another_id_gets_the_same_answer(partner):
    assert (await partner.post("/acme/v3/lists/l_7/members")).status_code == 202


@pytest.mark.parametrize(("method", "path"), [("GET", "/acme/v2/lists/l_82f1/members"), ("POST", "/elsewhere")])
async def test_what_no_case_knows_is_fine(partner, method, path):
    answer = await partner.request(method, path)

    assert (answer.status_code, answer.json()) == (200, {})


async def test_received_requests_are_shown_whole_and_newest_last(partner):
    await partner.post("/hook/1?a=b", content="first")
    await partner.put("/hook/2", content="zweite ✓", headers={"X-Case": "Kept"})
    await partner.get("/other")

    shown = (await partner.get("/_received", params={"path": "/hook"})).json()

    assert [(one["method"], one["path"], one["query"], one["body"]) for one in shown] == [
        ("POST", "/hook/1", "a=b", "first"),
        ("PUT", "/hook/2", "", "zweite ✓"),
    ]
    assert shown[1]["headers"]["x-case"] == "Kept"
    assert shown[1]["status"] == 200


async def test_only_as_many_requests_as_asked_for_are_shown(partner):
    for number in range(5):
        await partner.post(f"/hook/{number}")

    shown = (await partner.get("/_received", params={"limit": 2})).json()

    assert [one["path"] for one in shown] == ["/hook/3", "/hook/4"]


async def test_the_changes_of_a_profile_are_listed_in_the_order_of_arrival(partner):
    for number, change in enumerate(["joined", "left", "joined"]):
        body = {"profile_id": "p-1", "change": change, "event_id": f"e-{number}"}
        await partner.post("/hook", json=body, headers={"webhook-id": f"dlv_{number}"})
    await partner.post("/acme", json={"profile_id": "p-2", "change": "left"}, headers={"Idempotency-Key": "k"})

    profiles = (await partner.get("/_profiles")).json()["profiles"]
    below_hook = (await partner.get("/_profiles", params={"path": "/hook"})).json()["profiles"]

    assert [(one["change"], one["event_id"], one["delivery_id"]) for one in profiles["p-1"]] == [
        ("joined", "e-0", "dlv_0"),
        ("left", "e-1", "dlv_1"),
        ("joined", "e-2", "dlv_2"),
    ]
    assert profiles["p-2"][0]["delivery_id"] == "k"
    assert below_hook.keys() == {"p-1"}


async def test_requests_are_counted_per_path_and_can_be_forgotten(partner):
    for path in ("/a", "/a", "/b"):
        await partner.post(path)
    assert (await partner.get("/_counts")).json() == {"total": 3, "paths": {"/a": 2, "/b": 1}}

    await partner.delete("/_received")

    assert (await partner.get("/_counts")).json() == {"total": 0, "paths": {}}
    assert (await partner.get("/_received")).json() == []


async def test_a_chunked_request_is_read_whole(partner):
    async def pieces():
        yield b'{"profile_id": "p-1", '
        yield b'"change": "joined"}'

    await partner.post("/hook", content=pieces())

    assert "p-1" in (await partner.get("/_profiles")).json()["profiles"]


async def test_an_unknown_page_lists_the_known_ones(partner):
    answer = await partner.get("/_nothing")

    assert answer.status_code == 404
    assert "GET /_received" in answer.json()["pages"]


def test_every_recorded_case_of_the_catalogue_has_its_answer():
    answer = answers_of_the_catalog().find("POST", "/meta_custom_audiences/v25.0/23842519000000001/users")

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"num_received" in answer
