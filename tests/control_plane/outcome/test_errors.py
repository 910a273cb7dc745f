"""Errors one by one, of a window or a day, and as a download that no spreadsheet takes for a formula."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.records.metrics_table import error_horizons, outcome_errors
from control_plane.outcome.errors import safe_cell
from tests.support.plane import Plane


def error_row(number: int, at: datetime, connector_id: str = "con_1", profile_id: str = "ada") -> dict[str, Any]:
    """An error as it is kept."""
    row = {"partition": 0, "offset": number, "at": int(at.timestamp()), "workspace": "default", "event_id": None}
    row |= {"connector_id": connector_id, "action_id": "act_1", "delivery_id": f"dlv_{number}", "run": 0}
    row |= {"class": "partner_error", "reason": "rejected", "partner_code": "L-7", "http_status": 400}
    return row | {"profile_id": profile_id, "change": "joined", "attempts": 1}


async def store_errors(plane: Plane, connector_id: str, *profiles: str) -> None:
    """One error per profile, a second apart."""
    now = datetime.now(UTC)
    rows = [
        error_row(number, now - timedelta(seconds=number), connector_id, profile)
        for number, profile in enumerate(profiles)
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(outcome_errors.insert(), rows)


async def test_errors_come_newest_first_page_by_page(plane: Plane) -> None:
    connector_id = await plane.connector()
    await store_errors(plane, connector_id, *(f"p-{n}" for n in range(5)))
    first = await plane.call("GET", "/v1/errors", 200, params={"limit": 3})
    second = await plane.call("GET", "/v1/errors", 200, params={"limit": 3, "cursor": first["next_cursor"]})
    seen = [item["profile_id"] for page in (first, second) for item in page["items"]]
    assert seen == [f"p-{n}" for n in range(5)]
    assert first["items"][0]["link"] == "https://ledger.example/errors#L-7"
    assert (second["has_more"], second["truncated"]) == (False, False)
    none = await plane.call("GET", "/v1/errors", 200, params={"outcome": "timeout"})
    assert none["items"] == []


async def test_a_window_whose_oldest_errors_were_removed_says_so(plane: Plane) -> None:
    connector_id = await plane.connector()
    async with plane.parts.database.transaction(write=True) as session:
        horizon = {"workspace": "default", "connector_id": connector_id, "complete_from": 4_000_000_000}
        await session.execute(error_horizons.insert(), [horizon])
    assert (await plane.call("GET", "/v1/errors", 200))["truncated"] is True
    answer = await plane.http.get("/v1/errors.csv")
    assert answer.headers["patchbay-truncated"] == "true"


async def test_the_download_holds_every_error_and_no_formula(plane: Plane) -> None:
    connector_id = await plane.connector()
    profiles = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝x", 'a "quoted", one', "ada"]
    await store_errors(plane, connector_id, *profiles, *(f"p-{n}" for n in range(2_500)))

    answer = await plane.http.get("/v1/errors.csv", params={"bom": True})

    assert answer.text.startswith("\ufeffat,")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 2_510
    assert [row["profile_id"] for row in rows[:10]] == [*(f"'{profile}" for profile in profiles[:8]), *profiles[8:]]


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not safe_cell(text).lstrip(" ").startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert safe_cell(text).endswith(text)


async def test_errors_of_one_day_are_told_apart(plane: Plane) -> None:
    now = datetime.now(UTC)
    yesterday = now - timedelta(days=1)
    rows = [error_row(0, yesterday), error_row(1, now)]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(outcome_errors.insert(), rows)
    query = {"day": yesterday.date().isoformat()}
    assert [row["delivery_id"] for row in (await plane.call("GET", "/v1/errors", 200, params=query))["items"]] == [
        "dlv_0"
    ]
    answer = await plane.http.get("/v1/errors.csv", params=query)
    assert [row["delivery_id"] for row in csv.DictReader(io.StringIO(answer.text))] == ["dlv_0"]
    refused = await plane.call("GET", "/v1/errors", 422, params={"day": "2020-01-01"})
    assert refused["errors"][0]["code"] == "outside_the_window"
