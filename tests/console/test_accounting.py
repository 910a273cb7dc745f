"""What became of deliveries, who did what, and who may."""

import csv
import io
import re

from playwright.sync_api import expect


def test_the_graph_and_its_table_tell_what_the_api_counts(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    page = open_page(f"/connectors/{connector}?window=30d")
    totals = demonstration.call("GET", f"/statistics?window=30d&connector_id={connector}")["totals"]
    expect(page.locator(".numbers .sent")).to_have_text(f"{totals['sent']:,}")
    expect(page.locator(".numbers .errors")).to_have_text(f"{totals['errors_total']:,}")
    expect(page.locator(".chart canvas")).to_be_visible()
    page.get_by_text("Show as a table").click()
    today = page.locator(".day-table tbody tr").first
    expect(today).to_contain_text("so far")
    expect(today.get_by_role("cell").nth(0)).to_have_text(f"{totals['sent']:,}")
    page.get_by_role("button", name="90 days").click()
    assert "window=90d" in page.url
    expect(page.locator(".day-table tbody tr")).to_have_count(90)


def test_errors_are_filtered_and_downloaded_as_they_are_shown(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    page = open_page(f"/connectors/{connector}?tab=errors&outcome=partner_error")
    expect(page.get_by_text("The partner refused the data")).to_be_visible()
    counted = demonstration.call("GET", f"/statistics?window=7d&connector_id={connector}")["totals"]["errors"]
    expect(page.locator("table.rows tbody tr")).to_have_count(min(50, counted["partner_error"]))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == counted["partner_error"]
    assert {row["outcome"] for row in rows} == {"partner_error"}


def test_an_error_is_explained_once_with_what_to_do(open_page, demonstration):
    page = open_page(f"/connectors/{demonstration.connectors['Loyalty programme']}?tab=errors")
    group = page.locator(".group", has_text="422")
    expect(group).to_have_count(1)
    expect(group).to_contain_text("first")


def test_dead_letters_are_replayed_after_a_plan_has_been_seen(open_page, demonstration):
    connector = demonstration.connectors["Loyalty programme"]
    before = demonstration.call("GET", f"/dead-letters/counts?connector_id={connector}")["total"]
    assert before > 0
    page = open_page(f"/dead-letters?connector={connector}")
    page.locator("table.rows tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="Replay 1 letter…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 delivery would be rendered")
    dialog.get_by_role("button", name="Send 1 again").click()
    row = page.locator("table.rows tbody tr").first
    expect(row).to_contain_text("Finished", timeout=60_000)
    page.get_by_role("link", name="Dead letters").last.click()
    expect(page.get_by_text("replayed").first).to_be_visible()


def test_an_alert_is_made_and_deleted(open_page, demonstration):
    page = open_page("/alerts")
    page.get_by_role("button", name="New alert").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Too many errors")
    dialog.get_by_label("When").select_option("error_rate")
    dialog.get_by_label("Percent").fill("10")
    dialog.get_by_label("Tell").fill(f"{demonstration.simulator.url}/alerts")
    dialog.get_by_role("button", name="Create").click()
    row = page.get_by_role("row", name=re.compile("Too many errors"))
    expect(row).to_contain_text("More than 10% of deliveries fail")
    row.get_by_role("button", name=re.compile("^Delete")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the alert").click()
    expect(row).to_have_count(0)


def test_the_audit_log_shows_what_was_before_and_after(open_page):
    page = open_page("/audit?kind=connector")
    page.get_by_role("row", name=re.compile("Created")).first.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("After")


def test_workers_show_their_partitions_and_connectors(open_page):
    page = open_page("/workers")
    expect(page.get_by_text("Partitions")).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_role("link", name="Web shop")).to_be_visible()


def test_a_key_is_shown_once_and_a_viewer_can_only_look(open_page, demonstration):
    page = open_page("/users")
    page.get_by_role("button", name=re.compile("New key")).first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("To look")
    page.get_by_role("dialog").get_by_role("button", name="Make the key").click()
    key = page.get_by_role("dialog").locator("code").inner_text()
    page.get_by_role("dialog").get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("cell", name=re.compile("^To look"))).to_be_visible()
    assert key not in page.content()

    viewer = open_page(f"/connectors/{demonstration.connectors['Web shop']}?tab=settings", key=key)
    expect(viewer.get_by_label("URL")).to_be_disabled()
    expect(viewer.get_by_role("button", name="Delete…")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Publish…")).to_have_count(0)


def test_a_problem_shows_its_trace_id_and_another_try(open_page, demonstration):
    page = open_page("/connectors/con_00000000000000000000000000000000")
    expect(page.get_by_role("alert")).to_contain_text("Trace id")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_an_unknown_address_leads_back(open_page):
    page = open_page("/nowhere/at/all")
    page.get_by_role("link", name="Go to the connectors").click()
    expect(page.get_by_role("heading", level=1, name="Connectors")).to_be_visible()


def test_back_leads_to_the_tab_before(open_page, demonstration):
    page = open_page(f"/connectors/{demonstration.connectors['Web shop']}")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("link", name="Used by").click()
    page.go_back()
    expect(page.get_by_role("link", name="Versions")).to_have_attribute("aria-current", "page")
