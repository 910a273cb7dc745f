"""Deliveries as they come, one of them in full, and what happened to an event stage by stage."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from confluent_kafka import Producer
from playwright.sync_api import expect

from connectors.records.codec import encode
from connectors.records.delivery import OutcomeClass
from connectors.records.topics import ATTEMPTS
from tests.console.test_looks import AXE
from tests.support.reports import attempt
from tests.support.waiting import eventually

MANY = 10_000
PAGE = 500
LONG = 60_000
SHORT = 2_000


def refused(demonstration):
    """A delivery that the loyalty programme refused."""
    connector = demonstration.connectors["Loyalty programme"]
    letters = demonstration.call("GET", f"/dead-letters?connector_id={connector}&waiting=true")["items"]
    return letters[-1]


def delivery(number, at):
    """A delivery as the API tells it."""
    return {
        **{"delivery_id": f"dlv_{number}", "at": at.isoformat(), "profile_id": f"p-{number}", "event_id": None},
        **{"connector_id": "con_1", "action_id": "act_1", "change": "joined", "outcome": "sent", "final": True},
        **{"verdict": "accepted", "reason": None, "partner_code": None, "link": None, "http_status": 200},
        **{"latency_ms": 12, "attempts": 1, "trigger": "event", "run": 0, "config_version": 1},
        **{"next_attempt_at": None, "partition": 0, "offset": number},
    }


class ManyDeliveries:
    """Stands in for the API: the newest first, page after page."""

    def __init__(self, page, count):
        self.begun = datetime.now(UTC) - timedelta(hours=3)
        self.items = [self.made(number) for number in range(count)][::-1]
        page.route(re.compile(r"/v1/deliveries\?"), self.answer)

    def made(self, number):
        return delivery(number, self.begun + timedelta(seconds=number))

    def comes(self):
        self.items.insert(0, self.made(len(self.items)))

    def answer(self, route):
        asked = parse_qs(urlsplit(route.request.url).query)
        after = asked.get("cursor", [None])[0]
        start = 0 if after is None else 1 + next(i for i, one in enumerate(self.items) if one["delivery_id"] == after)
        items = self.items[start : start + PAGE]
        rest = start + PAGE < len(self.items)
        body = {"items": items, "next_cursor": items[-1]["delivery_id"] if rest else None, "has_more": rest}
        route.fulfill(content_type="application/json", body=json.dumps(body))


def scroll_to_the_end(page, holds):
    """Again and again until it holds: rows that are measured on the way may move the end out of sight."""
    for _ in range(LONG // SHORT):
        page.keyboard.press("End")
        try:
            return holds(SHORT)
        except AssertionError:
            continue
    return holds(SHORT)


@pytest.fixture
def quiet_page(open_page):
    """Signed in, on a page that asks for no deliveries yet."""
    return open_page("/alerts")


def test_a_delivery_shows_every_attempt_and_can_be_repeated_by_hand(open_page, demonstration):
    letter = refused(demonstration)
    page = open_page(f"/deliveries?connector={letter['connector_id']}&outcome=partner_error")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("table.rows tbody tr").first.get_by_role("button").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".timeline")).to_contain_text("Attempt 1: Partner error")
    expect(drawer.get_by_label("Request of attempt 1 body")).to_contain_text("profile_id")
    expect(drawer.get_by_label("Response of attempt 1 body")).to_contain_text("unknown customer")
    assert "delivery=dlv_" in page.url
    drawer.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("Copied as curl")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("curl --request POST 'http://127.0.0.1:")
    assert '"$SECRET"' in command
    assert "token-of-" not in command + page.content()


def test_a_viewer_sees_how_a_delivery_ended_and_no_values_of_the_profile(open_page, demonstration):
    letter = refused(demonstration)
    user = demonstration.call("POST", "/users", {"name": "Vera"})["id"]
    key = demonstration.call("POST", f"/users/{user}/api-keys", {"name": "To look"})["api_key"]
    page = open_page(f"/deliveries?delivery={letter['delivery_id']}", key=key)
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".timeline")).to_contain_text("Attempt 1: Partner error")
    expect(drawer).to_contain_text("which editors and admins see")
    expect(drawer.get_by_text("Request and response", exact=True)).to_have_count(0)
    page.goto(f"{demonstration.url}/dead-letters?letter={letter['id']}")
    expect(page.get_by_label("The record")).to_contain_text('"profile_id": "text"')
    assert "someone" not in page.content()


def test_what_a_partner_says_of_a_batch_that_it_took_is_shown(open_page, demonstration):
    said = "2 of 7 rows were invalid"
    took = {"outcome": OutcomeClass.SENT, "verdict": "accepted", "reason": None, "partner_code": None, "rows": 7}
    told = attempt("dlv_partial", connector_id=demonstration.connectors["Meta"], detail=said, **took)
    producer = Producer({"bootstrap.servers": demonstration.kafka})
    producer.produce(ATTEMPTS.name, encode(told), b"ada")
    assert producer.flush(30) == 0
    eventually(lambda: "dlv_partial" in str(demonstration.call("GET", "/deliveries?limit=5")))
    timeline = open_page("/deliveries?delivery=dlv_partial").get_by_role("dialog").locator(".timeline")
    expect(timeline).to_contain_text(said)


def test_one_delivery_is_replayed_from_where_it_is_looked_at(open_page, demonstration):
    letter = refused(demonstration)
    page = open_page(f"/deliveries?delivery={letter['delivery_id']}")
    page.get_by_role("dialog").get_by_role("button", name="Replay this delivery…").click()
    plan = page.get_by_role("dialog", name="What a replay would do")
    expect(plan).to_contain_text("1 delivery would be rendered")
    plan.get_by_role("button", name="Send 1 again").click()
    expect(page.locator("table.rows tbody tr").first).to_contain_text("Finished", timeout=LONG)
    page.goto(f"{demonstration.url}/deliveries?delivery={letter['delivery_id']}")
    expect(page.get_by_role("dialog")).to_contain_text("Sent again by a replay", timeout=LONG)
    expect(page.get_by_role("button", name="Replay this delivery…")).to_have_count(0)


def test_what_failed_since_a_moment_is_planned_before_it_is_recovered(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    page = open_page(f"/connectors/{connector}?tab=errors")
    page.get_by_role("button", name="Recover failed since…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Failed since")).not_to_have_value("")
    dialog.get_by_role("button", name="See what would be sent").click()
    waiting = demonstration.call("GET", f"/dead-letters/counts?connector_id={connector}")["waiting"]
    expect(page.get_by_role("dialog")).to_contain_text(f"{waiting} deliver")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_profile_and_a_delivery_are_traced_through_every_stage(open_page, demonstration):
    letter = refused(demonstration)
    page = open_page("/trace")
    page.get_by_label("Event, profile or delivery id").fill(letter["profile_id"])
    page.get_by_role("button", name="Trace").click()
    trace = page.get_by_label("As profile_id")
    expect(trace).to_contain_text("Became a dead letter")
    expect(trace).to_contain_text("Received")
    expect(trace.get_by_role("link", name="Loyalty programme")).to_be_visible()
    expect(trace.get_by_role("link", name="Web shop").first).to_be_visible()
    page.get_by_label("Event, profile or delivery id").fill(letter["delivery_id"])
    page.get_by_role("button", name="Trace").click()
    one = page.get_by_label("As delivery_id")
    expect(one).to_contain_text("422")
    one.get_by_role("button", name="Request and response").first.click()
    expect(page.get_by_role("dialog").locator(".timeline")).to_be_visible()
    page.goto(f"{demonstration.url}/trace?id=nothing-of-this")
    expect(page.get_by_text("Nothing is kept of this id")).to_be_visible()


def test_ten_thousand_deliveries_are_a_list_of_few_rows(quiet_page):
    ManyDeliveries(quiet_page, MANY)
    quiet_page.get_by_role("link", name="Deliveries").click()
    rows = quiet_page.locator(".deliveries-table tbody:not(.not-drawn) tr")
    expect(rows.first).to_contain_text(f"p-{MANY - 1}")
    last = quiet_page.locator(".deliveries-table").get_by_text("p-0", exact=True)
    read = quiet_page.locator(".tail-state")
    for number in range(2, MANY // PAGE + 1):
        reached = re.compile("|".join(rf"\b{pages * PAGE:,} shown" for pages in range(number, MANY // PAGE + 1)))
        scroll_to_the_end(quiet_page, lambda ms, reached=reached: expect(read).to_contain_text(reached, timeout=ms))
    scroll_to_the_end(quiet_page, lambda ms: expect(last).to_be_in_viewport(timeout=ms))
    expect(quiet_page.get_by_text(f"{MANY:,} shown")).to_be_visible()
    assert rows.count() < 400
    expect(quiet_page.locator(".deliveries-table")).to_have_attribute("aria-rowcount", str(MANY + 1))
    quiet_page.keyboard.press("Home")
    expect(quiet_page.locator(".deliveries-table").get_by_text(f"p-{MANY - 1}", exact=True)).to_be_in_viewport()


def test_the_list_follows_what_happens_until_it_is_paused(quiet_page):
    deliveries = ManyDeliveries(quiet_page, 30)
    quiet_page.get_by_role("link", name="Deliveries").click()
    first = quiet_page.locator(".deliveries-table tbody tr").first
    expect(first).to_contain_text("p-29")
    deliveries.comes()
    expect(first).to_contain_text("p-30", timeout=LONG)
    quiet_page.get_by_role("button", name="Pause").click()
    deliveries.comes()
    newer = quiet_page.get_by_role("button", name="Show 1 newer delivery")
    expect(newer).to_be_visible(timeout=LONG)
    expect(first).to_contain_text("p-30")
    newer.click()
    expect(first).to_contain_text("p-31")
    expect(newer).to_have_count(0)
    deliveries.comes()
    quiet_page.get_by_role("button", name="Follow live").click()
    expect(first).to_contain_text("p-32", timeout=LONG)


def test_filters_of_deliveries_stand_in_the_address(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    page = open_page(f"/deliveries?connector={connector}&status=4")
    rows = page.locator(".deliveries-table tbody tr")
    expect(rows.first).to_contain_text("HTTP 422")
    page.get_by_label("HTTP status").select_option("5")
    expect(page.get_by_text("No delivery to show")).to_be_visible()
    assert "status=5" in page.url
    page.get_by_label("HTTP status").select_option("")
    page.get_by_label("Action").select_option(label="Update the member")
    expect(rows.first).to_be_visible()
    assert f"action={demonstration.actions['Update the member']}" in page.url
    page.get_by_role("button", name="Any time").click()
    page.get_by_label("Before").fill("2026-01-01T00:00")
    expect(page.get_by_text("No delivery to show")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(rows.first).to_be_visible()
    assert "?" not in page.url


def test_an_open_delivery_is_accessible(open_page, demonstration):
    letter = refused(demonstration)
    for scheme in ("light", "dark"):
        page = open_page(f"/deliveries?delivery={letter['delivery_id']}", color_scheme=scheme)
        expect(page.get_by_role("dialog").locator(".timeline")).to_be_visible()
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
