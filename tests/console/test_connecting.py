"""From the marketplace to the first delivery, and everything that is done to a connector afterwards."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.support.waiting import eventually


@pytest.fixture
def webhook(demonstration, request):
    """A connector of the test's own."""
    name = request.node.name[:60]
    demonstration.webhook(name, f"Send for {name}"[:60], live=False)
    return name


def confirm(page, button):
    page.get_by_role("dialog").get_by_role("button", name=button).click()


def test_from_the_marketplace_to_the_first_delivery(open_page, demonstration):
    page = open_page("/marketplace")
    page.get_by_role("searchbox").fill("webhook")
    page.get_by_role("link", name=re.compile("Webhook")).click()
    expect(page.get_by_role("complementary")).to_contain_text("Requirements")
    page.get_by_role("link", name="New connector").click()
    create = page.get_by_role("button", name="Create connector")
    expect(create).to_be_disabled()
    page.get_by_label("Name", exact=False).first.fill("First connector")
    page.get_by_label("URL").fill(f"{demonstration.simulator.url}/first-connector")
    page.get_by_label(re.compile("You can change the endpoint")).check()
    create.click()

    page.get_by_role("link", name="New action").click()
    page.get_by_label("Name", exact=False).first.fill("First action")
    page.get_by_role("button", name="Add action").click()
    page.get_by_role("button", name="Publish…").click()
    page.get_by_label("Note").fill("To begin with")
    confirm(page, "Publish")
    expect(page.locator(".facts")).to_contain_text("version 1")
    page.get_by_role("button", name="Activate", exact=True).click()
    page.get_by_role("button", name="Activate First action").click()
    expect(page.get_by_text("Sends", exact=True)).to_be_visible()

    tie_to_a_new_audience(page, "First connector", "First action")
    send(demonstration, source={"kind": "audience", "id": "newcomers"}, change="joined")
    eventually(lambda: demonstration.simulator.count("/first-connector") == 1, 30)
    page.get_by_role("link", name="First connector").click()
    expect(page.locator(".numbers .sent")).to_have_text("1", timeout=30_000)


def tie_to_a_new_audience(page, connector, action):
    page.get_by_role("link", name="Audiences").click()
    page.get_by_role("button", name="New audience").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Newcomers")
    page.get_by_role("dialog").get_by_label("Audience id").fill("newcomers")
    confirm(page, "Create")
    page.get_by_label("Connector", exact=True).select_option(connector)
    page.get_by_label("Action", exact=True).select_option(action)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    page.get_by_role("button", name="Publish…").click()
    confirm(page, "Publish")
    expect(page.get_by_text("applied on 1/1 workers")).to_be_visible(timeout=15_000)


def send(demonstration, **membership):
    event = {"v": 1, "workspace": "default", "kind": "membership", "profile_id": "p-first", **membership}
    event |= {"occurred_at": "2026-03-01T00:00:00Z", "identifiers": {"email": "first@example.org"}}
    command = [sys.executable, "-m", "deploy.cli", "send", "-", "--kafka", demonstration.kafka]
    subprocess.run(command, input=json.dumps(event).encode(), check=True, capture_output=True, timeout=60)


def test_a_connector_in_use_is_not_deleted_and_the_page_names_who_uses_it(open_page, demonstration):
    page = open_page(f"/connectors/{demonstration.connectors['Web shop']}")
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Valuable customers")
    expect(dialog).to_contain_text("Orders")
    confirm(page, "All right")
    assert demonstration.call("GET", f"/connectors/{demonstration.connectors['Web shop']}")


def test_an_unused_connector_is_deleted_when_its_name_is_typed(open_page, demonstration, webhook):
    page = open_page(f"/connectors/{demonstration.connectors[webhook]}")
    page.get_by_role("button", name="Delete…").click()
    button = page.get_by_role("dialog").get_by_role("button", name="Delete the connector")
    expect(button).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill(webhook)
    button.click()
    expect(page.get_by_role("heading", level=1, name="Connectors")).to_be_visible()
    expect(page.get_by_role("link", name=webhook)).to_have_count(0)


def test_a_deactivated_and_a_paused_connector_say_so(open_page, demonstration, webhook):
    page = open_page(f"/connectors/{demonstration.connectors[webhook]}")
    status = page.locator(".page-title .chip").first
    expect(status).to_have_text("Deactivated")
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(status).to_have_text("Active")
    page.get_by_role("button", name="Pause").click()
    expect(status).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(status).to_have_text("Active")


def test_a_secret_is_replaced_without_ever_being_shown(open_page, demonstration, webhook):
    page = open_page(f"/connectors/{demonstration.connectors[webhook]}?tab=settings")
    expect(page.get_by_text("stored, sealed")).to_be_visible()
    assert "token-of-" not in page.content()
    page.get_by_role("button", name="Replace").click()
    page.get_by_label("Bearer token").fill("another-token")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    expect(page.get_by_text("stored, sealed")).to_be_visible()
    assert "another-token" not in page.content()


def test_a_setting_that_does_not_hold_is_told_beside_its_field(open_page, demonstration, webhook):
    page = open_page(f"/connectors/{demonstration.connectors[webhook]}?tab=settings")
    page.get_by_label("URL").fill("not an address")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field.invalid .field-faults")).not_to_be_empty()


def test_unsaved_changes_are_asked_about(open_page, demonstration, webhook):
    page = open_page(f"/connectors/{demonstration.connectors[webhook]}?tab=settings")
    page.get_by_label("Name", exact=False).first.fill("Not saved")
    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_role("dialog")).to_contain_text("not saved")
    confirm(page, "Cancel")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("Not saved")
    page.get_by_role("link", name="Workers").click()
    confirm(page, "Leave and lose the changes")
    expect(page.get_by_role("heading", level=1, name="Workers")).to_be_visible()


def test_somebody_elses_change_is_shown_before_it_is_overwritten(open_page, demonstration, webhook):
    connector = demonstration.connectors[webhook]
    page = open_page(f"/connectors/{connector}?tab=settings")
    page.get_by_label("Name", exact=False).first.fill("My name")
    version = demonstration.call("GET", f"/connectors/{connector}")["row_version"]
    demonstration.call("PATCH", f"/connectors/{connector}", {"name": "Their name"}, **{"If-Match": f'"{version}"'})
    page.get_by_role("button", name="Save draft").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Their name")
    expect(dialog).to_contain_text("My name")
    dialog.get_by_role("button", name="Overwrite with mine").click()
    expect(page.get_by_role("heading", level=1, name="My name")).to_be_visible()
    assert demonstration.call("GET", f"/connectors/{connector}")["name"] == "My name"


def test_a_version_is_compared_and_brought_back(open_page, demonstration, webhook):
    connector = demonstration.connectors[webhook]
    page = open_page(f"/connectors/{connector}?tab=settings")
    page.get_by_label("Name", exact=False).first.fill("Renamed")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft changes")).to_be_visible()
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Renamed")
    confirm(page, "Publish")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Compare version 1 with the draft").click()
    expect(page.locator(".difference")).to_contain_text("Renamed")
    page.get_by_role("button", name="Revert to version 1").click()
    confirm(page, "Revert")
    expect(page.get_by_role("heading", level=1, name=webhook)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^3 current"))).to_be_visible()


def test_a_mistake_in_a_mapping_is_told_by_line_and_column_as_it_is_typed(open_page, demonstration, webhook):
    page = open_page(f"/actions/{demonstration.actions[f'Send for {webhook}'[:60]]}")
    path = page.get_by_role("textbox", name="Path")
    path.click()
    page.keyboard.type("/people/{{ profile.id | no_such_function }}", delay=5)
    expect(page.locator(".mapping-field.invalid .field-faults")).to_contain_text(re.compile(r"Line 1, column \d+"))
    expect(page.locator(".cm-lintRange-error")).not_to_have_count(0)


def test_attributes_are_completed(open_page, demonstration, webhook):
    page = open_page(f"/actions/{demonstration.actions[f'Send for {webhook}'[:60]]}")
    page.get_by_role("textbox", name="Path").click()
    page.keyboard.type("/{{ profile.i", delay=30)
    expect(page.get_by_role("listbox")).to_contain_text("profile.id")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Path")).to_contain_text("profile.i")
    page.get_by_role("button", name="Undo changes").click()


def test_the_preview_shows_the_request_of_a_real_event_and_a_test_send_reaches_the_partner(open_page, demonstration):
    page = open_page(f"/actions/{demonstration.actions['Tell the shop']}")
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview).to_contain_text("POST")
    expect(preview.get_by_label("Request body")).to_contain_text("profile_id")
    page.get_by_role("textbox", name="Path").click()
    page.keyboard.type("/tested-by-hand", delay=5)
    expect(preview.locator(".wire-line")).to_contain_text("/web-shop/tested-by-hand")
    preview.get_by_role("button", name="Test send…").click()
    confirm(page, "Send it")
    expect(preview).to_contain_text("The partner accepted it")
    assert demonstration.simulator.count("/web-shop/tested-by-hand") == 1
    assert "token-of-web-shop" not in page.content()


def test_a_connection_is_tested_before_it_is_saved(open_page, demonstration):
    page = open_page(f"/connectors/{demonstration.connectors['Web shop']}?tab=settings")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert "token-of-web-shop" not in page.content()


def test_a_live_journey_with_unpublished_changes_says_that_it_goes_on_sending(open_page, demonstration):
    page = open_page(f"/sources/journeys/{demonstration.sources['First weeks']}")
    page.get_by_role("button", name="Remove Update the member").click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("goes on sending as version 1")).to_be_visible()
    page.goto(f"{demonstration.url}/connectors/{demonstration.connectors['Loyalty programme']}?tab=uses")
    expect(page.get_by_text("One published version still sends")).to_be_visible()
    expect(page.get_by_text("still holds it: it sends until a publication")).to_be_visible()
