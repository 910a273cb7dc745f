"""The list of dead letters: filters, pages, counts, the record itself, and nobody else's."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.records.delivery import Reason
from control_plane.database.models import KeptDeadLetter
from tests.control_plane.test_openapi import key_of
from tests.support.builders import membership
from tests.support.plane import Plane
from tests.support.reports import Reporter, dead_letter, refused_record

NOW = datetime.now(UTC)
LETTERS = "/v1/dead-letters"


async def ids(plane: Plane, **query: Any) -> list[str]:
    """The deliveries of the letters that are found, in order."""
    return [item["delivery_id"] for item in (await plane.call("GET", LETTERS, 200, params=query))["items"]]


async def test_the_newest_come_first_page_by_page(plane: Plane) -> None:
    ages = [3, 0, 2, 1, 4]
    await Reporter(plane).report(*(dead_letter(f"dlv_{age}", at=NOW - timedelta(minutes=age)) for age in ages))
    found, cursor = [], None
    while True:
        page = await plane.call("GET", LETTERS, 200, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        found += [item["delivery_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ["dlv_0", "dlv_1", "dlv_2", "dlv_3", "dlv_4"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"reason": "unauthorized"}, ["dlv_2"]),
        ({"connector_id": "con_2"}, ["dlv_3"]),
        ({"action_id": "act_2"}, ["dlv_4"]),
        ({"delivery_id": "dlv_1"}, ["dlv_1"]),
        ({"profile_id": "bob"}, ["dlv_5"]),
        ({"profile_id": "bo"}, []),
        ({"since": (NOW - timedelta(minutes=2)).isoformat()}, ["dlv_1", "dlv_2"]),
        ({"until": (NOW - timedelta(minutes=4)).isoformat()}, ["dlv_5", None]),
        ({"waiting": "false"}, [None]),
    ],
)
async def test_each_filter_finds_its_letters(plane: Plane, query: dict[str, str], expected: list[str | None]) -> None:
    await Reporter(plane).report(
        *(
            dead_letter(f"dlv_{number}", at=NOW - timedelta(minutes=number), **changes)
            for number, changes in enumerate(
                [
                    {},
                    {"reason": Reason.UNAUTHORIZED},
                    {"connector_id": "con_2"},
                    {"action_id": "act_2"},
                    {"profile_id": "bob"},
                ],
                start=1,
            )
        ),
        refused_record(at=NOW - timedelta(minutes=6)),
    )
    assert await ids(plane, **query) == expected


async def test_counts_tell_what_can_still_be_replayed(plane: Plane) -> None:
    await Reporter(plane).report(dead_letter("dlv_1"), dead_letter("dlv_2"), dead_letter("dlv_3"), refused_record())
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(update(KeptDeadLetter).where(KeptDeadLetter.delivery_id == "dlv_2").values(job_number=1))
    counts = await plane.call("GET", f"{LETTERS}/counts", 200)
    told = [(row["reason"], row["connector_id"], row["count"], row["waiting"]) for row in counts["reasons"]]
    assert told == [("rejected", "con_1", 3, 2), ("undecodable", None, 1, 0)]
    assert (counts["total"], counts["waiting"]) == (4, 2)
    assert (await plane.call("GET", f"{LETTERS}/counts?reason=undecodable", 200))["total"] == 1


async def test_a_letter_shows_its_record_and_the_partners_documentation(plane: Plane) -> None:
    connector_id = await plane.connector()
    await Reporter(plane).report(dead_letter(connector_id=connector_id))
    (item,) = (await plane.call("GET", LETTERS, 200))["items"]
    assert "record" not in item
    letter = await plane.call("GET", f"{LETTERS}/{item['id']}", 200)
    assert '"profile_id":"ada"' in letter["record"]
    assert (letter["record_truncated"], letter["replayable"], letter["event_id"]) == (False, True, "e-1")
    assert letter["redacted"] is False
    assert letter["link"] == "https://ledger.example/errors#190"


async def test_a_long_record_that_is_no_text_is_shown_cut(plane: Plane) -> None:
    await Reporter(plane).report(refused_record(b"\xff\x00" * 50_000))
    (item,) = (await plane.call("GET", LETTERS, 200))["items"]
    letter = await plane.call("GET", f"{LETTERS}/{item['id']}", 200)
    assert letter["record"].startswith("\N{REPLACEMENT CHARACTER}\0")
    assert (len(letter["record"]), letter["record_bytes"], letter["record_truncated"]) == (32 * 1024, 100_000, True)


async def test_a_viewer_sees_the_shape_of_a_record_and_no_values(plane: Plane) -> None:
    event = membership("ada", event_id="e-1", attributes={"name": "Ada"})
    await Reporter(plane).report(dead_letter(event=event), refused_record(b'{"name": "Ada"', at=NOW))
    viewer = {"Authorization": f"Bearer {await key_of(plane, 'viewer')}"}
    letters = {}
    for item in (await plane.call("GET", LETTERS, 200))["items"]:
        letter = letters[item["delivery_id"]] = await plane.call("GET", f"{LETTERS}/{item['id']}", 200, headers=viewer)
        assert letter["redacted"] is True
    record = json.loads(letters["dlv_1"]["record"])
    assert (record["profile_id"], record["attributes"], record["change"]) == ("text", {"name": "text"}, "joined")
    assert set(record["identifiers"].values()) == {"text"}
    assert letters[None]["record"] is None


async def test_letters_of_another_workspace_are_not_there(plane: Plane) -> None:
    await Reporter(plane).report(dead_letter(workspace="other"))
    assert await ids(plane) == []
    async with plane.parts.database.transaction(write=False) as session:
        (letter_id,) = await session.scalars(select(KeptDeadLetter.id))
    await plane.call("GET", f"{LETTERS}/{letter_id}", 404)
    assert (await plane.call("GET", f"{LETTERS}/counts", 200))["total"] == 0
