"""What admins set up beyond the first connector: types of their own, tags, many at once, other types, trials."""

import itertools
import re

import pytest
import yaml
from playwright.sync_api import expect

from tests.console.test_looks import serious_findings

NUMBERS = itertools.count(1)


@pytest.fixture
def webhook(demonstration):
    """A connector of the test's own, live, with its action."""
    name = f"Kiosk {next(NUMBERS)}"
    demonstration.webhook(name, f"Send for {name}")
    return name


def in_dialog(page, button):
    page.get_by_role("dialog").get_by_role("button", name=button).click()


def define(demonstration, key, **changes):
    """A custom type that calls the simulator."""
    definition = {"key": key, "label": f"Our {key}", "url": f"{demonstration.simulator.url}/{key}", **changes}
    return demonstration.call("POST", "/custom-connector-types", {"definition": definition})


def test_a_type_of_ones_own_is_defined_tried_and_connected(open_page, demonstration):
    page = open_page("/marketplace")
    page.get_by_role("link", name="Custom types").click()
    page.get_by_role("link", name="New custom type").first.click()
    page.get_by_label("Key", exact=False).first.fill("our_crm")
    page.get_by_label("Label", exact=False).first.fill("Our CRM")
    page.get_by_label("URL", exact=False).first.fill("ftp://nowhere")
    expect(page.locator(".field.invalid .field-faults").first).not_to_be_empty()
    page.get_by_label("URL", exact=False).first.fill(f"{demonstration.simulator.url}/our-crm")
    page.get_by_label("Test connection asks the partner").check()
    page.get_by_role("button", name="Test connection…").click()
    page.get_by_role("dialog").get_by_label("Key", exact=False).fill("key-of-the-crm")
    in_dialog(page, "Ask the partner")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("The partner took it")
    assert "key-of-the-crm" not in page.content()
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).last.click()
    page.get_by_role("button", name="Add a rule").click()
    assert serious_findings(page) == []
    page.get_by_label("Status", exact=True).fill("409")
    page.get_by_label("Means").select_option("already_done")
    page.get_by_role("button", name="Create type").click()

    expect(page.locator(".facts")).to_contain_text("custom:our_crm · revision 1")
    page.get_by_role("link", name="New connector").click()
    page.get_by_role("textbox", name="Key").fill("key-of-the-crm")
    page.get_by_role("button", name="Create connector").click()
    expect(page.get_by_role("heading", level=1, name="Our CRM")).to_be_visible()
    expect(page.get_by_text("Revision 1 of Our CRM")).to_be_visible()


def test_a_connector_takes_the_next_revision_of_its_type(open_page, demonstration):
    made = define(demonstration, "revised")
    body = {"type": "custom:revised", "name": "Of a revised type"}
    connector = demonstration.call("POST", "/connectors", body)["id"]
    page = open_page(f"/custom-types/{made['id']}")
    page.get_by_label("Label", exact=False).first.fill("Our revised type")
    page.get_by_label("Note").fill("A better name")
    page.get_by_role("button", name="Save revision").click()
    expect(page.locator(".facts")).to_contain_text("revision 2")

    page.get_by_role("link", name="Revisions").click()
    expect(page.get_by_role("row", name=re.compile("A better name"))).to_be_visible()
    page.get_by_role("button", name="Compare revision 1 with the newest").click()
    expect(page.locator(".difference")).to_contain_text("Our revised type")

    page.goto(f"{demonstration.url}/connectors/{connector}?tab=settings")
    page.get_by_role("button", name="Take revision 2").click()
    expect(page.get_by_text("Revision 2 of")).to_be_visible()
    assert demonstration.call("GET", f"/connectors/{connector}")["type"] == "custom:revised@2"


def test_a_type_moves_as_one_file(open_page, demonstration, tmp_path):
    made = define(demonstration, "moving")
    page = open_page(f"/custom-types/{made['id']}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    file = tmp_path / "moving.yaml"
    download.value.save_as(file)
    definition = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**definition, "key": "moved", "label": "Moved here"}))
    page.goto(f"{demonstration.url}/custom-types")
    page.get_by_label("File of a custom type").set_input_files(file)
    expect(page.get_by_role("heading", level=1, name="Moved here")).to_be_visible()


def test_a_tag_connector_is_made_and_the_page_says_how_to_load_it(open_page, demonstration):
    page = open_page("/marketplace/tag")
    page.get_by_role("link", name="New connector").click()
    page.get_by_label("Host", exact=False).first.fill("pixel.example.org")
    page.get_by_label(re.compile("address of a pixel")).check()
    page.get_by_role("button", name="Create connector").click()
    page.get_by_role("link", name="New action").click()
    page.get_by_label("Path", exact=False).first.fill("/collect?id={profile_id}")
    page.get_by_role("button", name="Add action").click()
    expect(page.get_by_role("link", name="Fire tag")).to_be_visible()
    page.goto(f"{demonstration.url}/tags")
    expect(page.get_by_label("On every page")).to_contain_text("window.patchbay")
    expect(page.get_by_label("On every page")).to_contain_text("/tags/default.js")


def test_several_actions_are_switched_at_once(open_page, demonstration, webhook):
    connector = demonstration.connectors[webhook]
    demonstration.call("POST", f"/connectors/{connector}/actions", {"type": "send_event", "name": "Another"})
    demonstration.call("POST", f"/connectors/{connector}/publish", {})
    page = open_page(f"/connectors/{connector}?tab=actions")
    page.get_by_label("Choose Another").check()
    page.get_by_label(f"Choose Send for {webhook}").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Deactivated", exact=True)).to_have_count(2)
    actions = demonstration.call("GET", f"/connectors/{connector}/actions")["items"]
    assert [action["active"] for action in actions] == [False, False]


def test_the_type_of_an_action_is_changed_after_what_is_lost_was_shown(open_page, demonstration):
    body = {
        "type": "braze",
        "name": "Braze",
        "settings": {"api_url": "https://rest.fra-01.braze.eu"},
        "secrets": {"api_key": "key-of-braze"},
    }
    connector = demonstration.call("POST", "/connectors", body)["id"]
    fields = {"attribute": "vip", "only_existing": True}
    action = {"type": "sync_attribute", "name": "Mark", "fields": fields}
    made = demonstration.call("POST", f"/connectors/{connector}/actions", action)["id"]
    page = open_page(f"/actions/{made}")
    page.get_by_role("button", name="Change type…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New type").select_option("sync_cohort")
    expect(dialog).to_contain_text("attribute")
    expect(dialog).to_contain_text("cohort_id")
    dialog.get_by_label("New type").select_option("sync_attribute_in_bulk")
    in_dialog(page, "Change type")
    expect(dialog).to_have_count(0)
    changed = demonstration.call("GET", f"/actions/{made}")
    assert (changed["type"], changed["fields"]["attribute"]) == ("sync_attribute_in_bulk", "vip")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_requests_of_draft_and_published_stand_side_by_side(open_page, demonstration, webhook, scheme):
    action = demonstration.actions[f"Send for {webhook}"]
    mapping = {"body": {"member": "{{ profile.id }}"}}
    demonstration.call("PATCH", f"/actions/{action}", {"mapping": mapping}, **{"If-Match": "*"})
    path = f"/connectors/{demonstration.connectors[webhook]}?tab=versions&compare=1"
    page = open_page(path, color_scheme=scheme)
    page.get_by_text("What would be sent differently").click()
    expect(page.get_by_label(re.compile("^Published,")).first).to_contain_text("POST")
    expect(page.get_by_label(re.compile("^Draft,")).first).to_contain_text("member")
    assert serious_findings(page) == []


def test_who_sends_and_why_is_told_for_each_source(open_page, demonstration, webhook):
    action = demonstration.actions[f"Send for {webhook}"]
    demonstration.source("audiences", f"Of {webhook}"[:60], source_id="whysends", activations=[{"action_id": action}])
    path = f"/connectors/{demonstration.connectors[webhook]}"
    page = open_page(f"{path}?tab=uses")
    expect(page.get_by_text("It sends: the draft and version 1 hold the action.")).to_be_visible()
    demonstration.call("PUT", f"{path}/deactivate")
    page.reload()
    expect(page.get_by_text("nothing is sent now: the connector is deactivated")).to_be_visible()


def test_a_snippet_is_written_and_the_help_names_the_keys(open_page, demonstration, webhook):
    page = open_page(f"/actions/{demonstration.actions[f'Send for {webhook}']}")
    page.get_by_text("Keys and snippets").click()
    expect(page.get_by_text("Format JSON")).to_be_visible()
    path = page.get_by_role("textbox", name="Path")
    path.click()
    page.keyboard.press("Control+Space")
    page.get_by_role("option", name=re.compile("^hashed")).click()
    expect(path).to_contain_text("normalize_email | sha256")


def test_json_is_put_in_shape_and_a_request_copied_as_curl_names_no_secret(open_page, demonstration, webhook):
    page = open_page(
        f"/actions/{demonstration.actions[f'Send for {webhook}']}", permissions=["clipboard-read", "clipboard-write"]
    )
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("Copied as curl")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl --request POST")
    assert '"$TOKEN"' in copied
    assert "token-of-" not in copied
    page.get_by_label("Form of Body").select_option("json")
    page.get_by_role("textbox", name="Body").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('{"a":{"b":1}}')
    page.keyboard.press("Shift+Alt+f")
    expect(page.get_by_role("textbox", name="Body").locator(".cm-line")).to_have_count(5)


def test_what_was_typed_for_a_new_connector_is_not_lost_by_a_click(open_page):
    page = open_page("/marketplace/webhook/new")
    page.get_by_label("Name", exact=False).first.fill("Not made yet")
    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_role("dialog")).to_contain_text("not saved")
    in_dialog(page, "Cancel")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("Not made yet")


def test_an_alert_is_tried_from_its_row(open_page, demonstration):
    channel = {"kind": "webhook", "url": f"{demonstration.simulator.url}/alerts"}
    body = {"name": "Tried by hand", "condition": {"kind": "breaker_open"}, "channel": channel}
    demonstration.call("POST", "/alerts", body)
    page = open_page("/alerts")
    page.get_by_role("button", name="Test Tried by hand").click()
    expect(page.get_by_text("The test was taken")).to_be_visible()
    assert demonstration.simulator.count("/alerts") == 1


def test_a_new_key_is_narrowed_down_and_shown_once(open_page, demonstration):
    user = demonstration.call("POST", "/users", {"name": "Robot of the shop"})
    page = open_page("/users")
    page.get_by_role("button", name="New key for Robot of the shop").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Reads only")
    dialog.get_by_role("checkbox", name="Read").check()
    dialog.get_by_label("Valid").select_option("30")
    assert serious_findings(page) == []
    in_dialog(page, "Make the key")
    expect(page.locator(".new-key")).to_contain_text("pbk_")
    in_dialog(page, "I have kept it")
    expect(page.get_by_text("read only")).to_be_visible()
    made = [key for key in demonstration.call("GET", "/api-keys")["items"] if key["user_id"] == user["id"]]
    assert [(key["scopes"], key["expires_at"] is None) for key in made] == [(["read"], False)]
