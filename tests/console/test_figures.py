"""Figures lead to what they count, say when they lag, and tell a newcomer where to begin."""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect

LONG = 60_000


def test_the_pipeline_accounts_for_every_delivery_and_leads_to_it(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    told = demonstration.call("GET", f"/statistics/pipeline?connector_id={connector}")
    page = open_page(f"/connectors/{connector}")
    stages = page.locator(".pipeline")
    for label, number in (
        ("Received", told["received"]),
        ("Rendered", told["rendered"]),
        ("Delivered", told["sent"] + told["removed"]),
        ("Failed", sum(told["failed"].values())),
    ):
        stage = stages.locator(".stage", has=page.get_by_role("heading", name=label, exact=True))
        expect(stage.locator(".stage-number")).to_contain_text(f"{number:,}")
    stages.get_by_role("link", name="Partner error").click()
    expect(page).to_have_url(re.compile("tab=errors.*outcome=partner_error"))
    expect(page.locator("table.rows tbody tr").first).to_contain_text("422")


def test_what_was_skipped_says_why(open_page, demonstration):
    connector = demonstration.connectors["Web shop"]
    page = open_page(f"/connectors/{connector}")
    page.route(
        re.compile("/v1/statistics/pipeline"),
        lambda route: route.fulfill(json={**route.fetch().json(), "filtered": {"no_consent": 1234}}),
    )
    page.reload()
    reason = page.locator(".pipeline summary", has_text="No consent")
    expect(reason).to_contain_text("1,234")
    reason.click()
    expect(page.get_by_text("The profile has not consented")).to_be_visible()


def test_a_bar_leads_to_the_deliveries_that_it_counts(open_page, demonstration):
    connector = demonstration.connectors["Web shop"]
    still = {"reduced_motion": "reduce"}  # bars that grow are not where they will be
    page = open_page(f"/connectors/{connector}?window=7d", **still)
    canvas = page.locator(".chart canvas")
    expect(canvas).to_be_visible()
    page.wait_for_function("document.querySelector('.chart canvas').width > 300", timeout=LONG)
    box = canvas.bounding_box()
    today = {"x": box["width"] - box["width"] / 16, "y": box["height"] - 45}
    canvas.click(position=today)
    expect(page).to_have_url(re.compile(f"/deliveries.*connector={connector}.*outcome=sent.*since="))
    expect(page.get_by_label("Outcome")).to_have_value("sent")
    expect(page.get_by_label("From")).not_to_have_value("")


def test_the_numbers_of_a_day_lead_there_without_a_mouse(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    page = open_page(f"/connectors/{connector}")
    page.get_by_text("Show as a table").click()
    refused = demonstration.call("GET", f"/statistics?connector_id={connector}")["totals"]["errors"]["partner_error"]
    page.locator(".day-table tbody tr").first.get_by_role("link", name=f"{refused}", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("tab=errors.*day=.*outcome=partner_error"))
    expect(page.locator("table.rows tbody tr")).to_have_count(min(50, refused))


def test_errors_of_one_day_are_shown_and_downloaded(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    day = demonstration.call("GET", f"/errors?connector_id={connector}&limit=1")["items"][0]["at"][:10]
    page = open_page(f"/connectors/{connector}?tab=errors&day={day}", timezone_id="UTC")
    expect(page.locator("table.rows tbody tr").first).to_contain_text("422")
    assert f"day={day}" in page.get_by_role("link", name="Download CSV").get_attribute("href")
    page.locator("table.rows tbody tr").first.get_by_role("button").click()
    expect(page.get_by_role("dialog").locator(".timeline")).to_contain_text("HTTP 422")


def test_the_figures_of_a_connector_are_downloaded(open_page, demonstration):
    connector = demonstration.connectors["Web shop"]
    page = open_page(f"/connectors/{connector}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    totals = demonstration.call("GET", f"/statistics?connector_id={connector}&detail=totals")["totals"]
    assert sum(int(row["sent"]) for row in rows) == totals["sent"]
    assert {row["action"] for row in rows} == {"Tell the shop"}


def test_percentiles_and_the_last_day_by_hour_are_shown(open_page, demonstration):
    page = open_page(f"/connectors/{demonstration.connectors['Web shop']}")
    expect(page.locator(".numbers")).to_contain_text("Answer, p50 / p95")
    expect(page.get_by_text(re.compile("Days of .*Hatched: today so far"))).to_be_visible()
    page.goto(f"{demonstration.url}/connectors")
    row = page.get_by_role("row", name=re.compile("Web shop"))
    expect(row.get_by_role("img", name=re.compile("By hour"))).to_be_visible()


def test_figures_that_lag_say_so(open_page, demonstration):
    page = open_page(f"/connectors/{demonstration.connectors['Web shop']}")
    expect(page.get_by_text("What became of deliveries")).to_be_visible()
    expect(page.get_by_text("These figures lag behind")).to_have_count(0)
    late = {"stale": True, "waiting_since": "2026-01-01T00:00:00Z", "behind_seconds": 99.0, "trouble": None}
    page.route(re.compile("/v1/statistics/freshness"), lambda route: route.fulfill(json=late))
    expect(page.get_by_text("These figures lag behind")).to_be_visible(timeout=LONG)


def test_a_refusal_says_what_went_wrong_and_is_tried_again(open_page):
    page = open_page("/alerts")
    problem = {"title": "The database is busy", "status": 503, "detail": "Try again soon.", "trace_id": "ab" * 16}
    broken = re.compile(r"/v1/deliveries\?")
    page.route(broken, lambda route: route.fulfill(status=503, content_type="application/problem+json", json=problem))
    page.get_by_role("link", name="Deliveries").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("The database is busy")
    expect(told).to_contain_text("ab" * 16)
    page.unroute(broken)
    told.get_by_role("button", name="Try again").click()
    expect(page.locator(".deliveries-table tbody tr").first).to_be_visible()


def test_the_same_errors_of_every_connector_are_one_with_what_to_do(open_page, demonstration):
    page = open_page("/dead-letters?tab=errors")
    group = page.locator(".group", has_text="Loyalty programme")
    expect(group).to_contain_text("Update the member")
    group.get_by_role("link", name="Show them").click()
    expect(page).to_have_url(re.compile("tab=errors.*outcome=partner_error"))


def test_an_action_is_off_because_its_connector_is_off(open_page, demonstration):
    connector = demonstration.connectors["Web shop"]
    demonstration.call("PUT", f"/connectors/{connector}/deactivate")
    page = open_page(f"/connectors/{connector}?tab=actions")
    expect(page.get_by_text("Off because connector is off")).to_be_visible()
    page.goto(f"{demonstration.url}/sources/audiences/{demonstration.sources['Valuable customers']}")
    expect(page.get_by_text("off because connector is off")).to_be_visible()
    demonstration.call("PUT", f"/connectors/{connector}/activate")
    page.goto(f"{demonstration.url}/connectors/{connector}?tab=actions")
    expect(page.get_by_text("Sends", exact=True)).to_be_visible()


def test_the_keyboard_goes_to_pages_and_tells_what_it_can_do(page):
    expect(page.get_by_role("heading", name="Connectors", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Search on this page")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Deliveries", level=1)).to_be_visible()


@pytest.fixture
def quiet_first_visit(open_page, demonstration):
    """The overview of a workspace in which nothing is connected yet; what is made in it is removed again."""
    page = open_page("/alerts")
    page.route(re.compile(r"/v1/connectors\?limit"), lambda route: route.fulfill(json={"items": []}))
    page.get_by_role("link", name="Connectors").click()
    yield page
    for kind, name in (("audiences", "Demo audience"), ("connectors", "Demo: echo")):
        for one in demonstration.call("GET", f"/{kind}?limit=500")["items"]:
            if one["name"] == name:
                version = {"If-Match": f'"{one["row_version"]}"'}
                demonstration.call("DELETE", f"/{kind}/{one['id']}", **version)


def test_a_newcomer_is_shown_three_steps_and_a_demo_connector(quiet_first_visit, demonstration):
    page = quiet_first_visit
    expect(page.locator(".steps li")).to_have_count(3)
    page.get_by_role("button", name="Try a demo connector").click()
    dialog = page.get_by_role("dialog", name="The demo connector is live")
    expect(dialog).to_be_visible(timeout=LONG)
    command = dialog.get_by_label("Command").inner_text()
    assert json.loads(re.search(r"'(.*)'", command)[1])["source"] == {"kind": "audience", "id": "demo"}
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(page.get_by_role("heading", name="Demo: echo", level=1)).to_be_visible()
    expect(page.get_by_text("Active", exact=True)).to_be_visible()
