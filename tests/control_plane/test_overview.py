"""The list of connectors: searched, filtered, ordered, starred, and changed many at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from connectors.records.codec import encode
from connectors.records.delivery import ConnectorHealth, WorkerStatus
from connectors.records.metrics_table import connector_counts, last_deliveries, outcome_counts
from control_plane.access.caller import Caller, Role
from control_plane.access.work import Work
from control_plane.bulk import do_each
from control_plane.connector.ordering import ID_PREFIX, Key, page_of
from control_plane.database.models import Connector
from control_plane.pagination import MAX_CURSOR
from tests.control_plane.test_openapi import key_of
from tests.support.plane import Plane


async def listed(plane: Plane, **query: Any) -> list[str]:
    """The names in the list, in order."""
    answer = await plane.call("GET", "/v1/connectors", 200, params=query)
    return [item["name"] for item in answer["items"]]


async def happened(plane: Plane, connector_id: str, class_: str, count: int, *, hours_ago: float = 1) -> None:
    """Outcomes of one quarter hour, as the metrics agent stores them."""
    at = int((datetime.now(UTC) - timedelta(hours=hours_ago)).timestamp()) // 900 * 900
    row = {"workspace": "default", "connector_id": connector_id, "bucket_at": at, "class": class_, "reason": ""}
    action = {"action_id": "act_1", "partner_code": ""}
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(connector_counts.insert(), [row | {"count": count}])
        await session.execute(outcome_counts.insert(), [row | action | {"count": count}])
        if class_ == "sent":
            last = {"workspace": "default", "connector_id": connector_id, "action_id": "act_1", "at": at}
            await session.execute(last_deliveries.insert(), [last])


async def test_words_are_found_in_names_in_the_types_label_and_in_the_names_of_actions(plane: Plane) -> None:
    europe = await plane.connector(name="Books of Europe")
    await plane.connector(name="Books of Asia")
    await plane.connector(name="100% odd_name", labels=["odd"])
    action_id = await plane.action(europe, name="Loyal readers")
    assert await listed(plane, q="books") == ["Books of Europe", "Books of Asia"]
    assert await listed(plane, q="ASIA books") == ["Books of Asia"]
    assert await listed(plane, q="ledg") == ["Books of Europe", "Books of Asia", "100% odd_name"]
    assert await listed(plane, q="ledger loyal") == ["Books of Europe"]
    assert await listed(plane, q="%") == ["100% odd_name"]
    assert await listed(plane, q="nothing of this") == []
    found = await plane.call("GET", "/v1/connectors", 200, params={"q": "readers"})
    assert found["items"][0]["matching_actions"] == [{"id": action_id, "name": "Loyal readers"}]
    await plane.change("DELETE", f"/v1/actions/{action_id}", 204)
    assert await listed(plane, q="readers") == []


async def test_each_connector_tells_of_its_last_24_hours(plane: Plane) -> None:
    connector_id = await plane.connector()
    await happened(plane, connector_id, "sent", 7)
    await happened(plane, connector_id, "removed", 2)
    await happened(plane, connector_id, "timeout", 1)
    await happened(plane, connector_id, "partner_error", 90, hours_ago=25)
    for sort in ("created", "errors"):
        (item,) = (await plane.call("GET", "/v1/connectors", 200, params={"sort": sort}))["items"]
        assert item["last_24_hours"] == {"sent": 7, "removed": 2, "errors": 1, "error_rate": 0.1}
        assert item["last_delivery_at"] is not None
        assert item["actions"] == {"active": 0, "total": 0}


async def test_filters_leave_the_others_out(plane: Plane) -> None:
    live, _ = await plane.live_action()
    paused = await plane.connector(name="Paused", labels=["crm", "emea"])
    await plane.call("POST", f"/v1/connectors/{paused}/publish", 202)
    await plane.call("PUT", f"/v1/connectors/{paused}/activate", 202)
    await plane.call("PUT", f"/v1/connectors/{paused}/pause", 202)
    await plane.connector(name="Off", labels=["crm"])
    await happened(plane, live, "timeout", 1)

    assert await listed(plane, status="active") == ["Ledger EU"]
    assert await listed(plane, status=["paused", "deactivated"]) == ["Paused", "Off"]
    assert await listed(plane, label="crm") == ["Paused", "Off"]
    assert await listed(plane, label=["crm", "emea"]) == ["Paused"]
    assert await listed(plane, has_errors=True) == ["Ledger EU"]
    assert await listed(plane, has_errors=False) == ["Paused", "Off"]
    assert await listed(plane, type="one_only") == []
    assert await listed(plane, active=False) == ["Off"]


async def test_what_workers_report_is_a_status(plane: Plane) -> None:
    refused, _ = await plane.live_action()
    broken = await plane.connector(name="Broken")
    await plane.call("POST", f"/v1/connectors/{broken}/publish", 202)
    await plane.call("PUT", f"/v1/connectors/{broken}/activate", 202)
    health = {refused: ConnectorHealth(credentials_refused=True), broken: ConnectorHealth(breaker="open")}
    told = worker_status(health)
    plane.parts.workers.heard([(b"worker-1", told)])
    assert await listed(plane, status="credentials_invalid") == ["Ledger EU"]
    assert await listed(plane, status="breaker_open") == ["Broken"]
    assert await listed(plane, sort="status") == ["Ledger EU", "Broken"]
    assert (await plane.call("GET", f"/v1/connectors/{refused}", 200))["trouble"] == "credentials_invalid"


def worker_status(health: dict[str, ConnectorHealth]) -> bytes:
    """What a worker says of itself."""
    now = datetime.now(UTC)
    status = WorkerStatus(
        v=1,
        worker_id="worker-1",
        at=now,
        started_at=now,
        partitions=(),
        config_position=0,
        in_flight=0,
        pending_rows=0,
        connectors=health,
    )
    return encode(status)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", ["created", "name", "status", "errors", "last_delivery", "delivered"])
async def test_every_order_comes_in_pages_without_gap_or_repetition(plane: Plane, sort: str, reverse: bool) -> None:
    names = [f"Ledger {letter}" for letter in "cabdcEa"]
    ids = [await plane.connector(name=name) for name in names]
    for number, connector_id in enumerate(ids):
        await happened(plane, connector_id, "timeout", number % 3 + 1)
        await happened(plane, connector_id, "sent", number % 2 + 1, hours_ago=number + 1)
    query = {"sort": sort, "reverse": reverse}
    whole = await plane.call("GET", "/v1/connectors", 200, params=query)
    seen, cursor = [], None
    while True:
        page = await plane.call(
            "GET", "/v1/connectors", 200, params=query | {"limit": 2} | ({"cursor": cursor} if cursor else {})
        )
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [item["id"] for item in whole["items"]]
    assert sorted(seen) == sorted(ids)
    told = {
        "created": [item["id"] for item in whole["items"]],
        "name": [item["name"].casefold() for item in whole["items"]],
        "errors": [-item["last_24_hours"]["errors"] for item in whole["items"]],
        "delivered": [-item["last_24_hours"]["sent"] for item in whole["items"]],
    }.get(sort, [])
    assert told == sorted(told, reverse=reverse)


async def test_the_longest_names_come_in_pages(plane: Plane) -> None:
    # Four bytes each; six when it is case-folded; six when it is escaped.
    names = [character * 200 for character in ("\U0001f600", "\u0390", "\x01")]
    for name in names:
        await plane.connector(name=name)
    seen, page = [], await plane.call("GET", "/v1/connectors", 200, params={"sort": "name", "limit": 1})
    while page["next_cursor"] is not None:
        seen += [item["name"] for item in page["items"]]
        query = {"sort": "name", "limit": 1, "cursor": page["next_cursor"]}
        page = await plane.call("GET", "/v1/connectors", 200, params=query)
    assert seen + [item["name"] for item in page["items"]] == sorted(names, key=str.casefold)


def test_no_name_makes_a_cursor_that_is_too_long() -> None:
    characters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    longest = max(characters, key=lambda each: len(each.casefold().encode()))
    keys: list[Key] = [(longest.casefold() * 200, ID_PREFIX + each * 60) for each in "ab"]
    _, cursor = page_of(keys, None, 1, reverse=False)
    assert cursor is not None
    assert len(cursor) <= MAX_CURSOR


async def test_a_cursor_of_another_order_is_refused(plane: Plane) -> None:
    for _ in range(2):
        await plane.connector()
    page = await plane.call("GET", "/v1/connectors", 200, params={"limit": 1})
    problem = await plane.call("GET", "/v1/connectors", 422, params={"sort": "errors", "cursor": page["next_cursor"]})
    assert problem["errors"][0]["code"] == "invalid_cursor"


async def test_favourites_are_each_users_own(plane: Plane) -> None:
    first, second = await plane.connector(name="One"), await plane.connector(name="Two")
    for _ in range(2):
        await plane.call("PUT", f"/v1/connectors/{second}/favourite", 204)
    await plane.call("PUT", "/v1/connectors/con_nowhere/favourite", 404)
    assert await listed(plane, favourite=True) == ["Two"]
    assert await listed(plane, favourite=False) == ["One"]
    assert (await plane.call("GET", f"/v1/connectors/{second}", 200))["favourite"] is True
    assert (await plane.call("GET", f"/v1/connectors/{first}", 200))["favourite"] is False

    admin = plane.http.headers["Authorization"]
    plane.http.headers["Authorization"] = f"Bearer {await key_of(plane, 'viewer')}"
    assert await listed(plane, favourite=True) == []
    await plane.call("PUT", f"/v1/connectors/{first}/favourite", 204)

    plane.http.headers["Authorization"] = admin
    for _ in range(2):
        await plane.call("DELETE", f"/v1/connectors/{second}/favourite", 204)
    assert await listed(plane, favourite=True) == []
    await plane.change("DELETE", f"/v1/connectors/{first}", 204)


async def test_many_are_changed_at_once_and_each_says_what_became_of_it(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    draft = await plane.connector(name="Draft")
    body = {"ids": [draft, "con_nowhere", connector_id], "operation": "activate"}
    answer = await plane.call("POST", "/v1/connectors:bulk", 200, json=body)
    assert [(item["id"], item["done"], item["code"]) for item in answer["items"]] == [
        (draft, False, "not_published"),
        ("con_nowhere", False, "not_found"),
        (connector_id, True, None),
    ]
    assert (answer["done"], answer["failed"]) == (1, 2)

    async def do(path: str, object_id: str, operation: str) -> Any:
        body = {"ids": [object_id], "operation": operation}
        return (await plane.call("POST", path, 200, json=body))["done"]

    async def status() -> str:
        return str((await plane.call("GET", f"/v1/connectors/{connector_id}", 200))["status"])

    for operation, expected in (("pause", "paused"), ("resume", "active"), ("deactivate", "deactivated")):
        assert await do("/v1/connectors:bulk", connector_id, operation) == 1
        assert await status() == expected
    assert await do("/v1/actions:bulk", action_id, "deactivate") == 1
    assert await do("/v1/actions:bulk", action_id, "activate") == 0
    await do("/v1/connectors:bulk", connector_id, "activate")
    assert await do("/v1/actions:bulk", action_id, "activate") == 1
    await plane.relayed()
    record = plane.topic.latest(f"connector:{connector_id}")
    assert record is not None
    assert record.actions[0].active


async def test_what_somebody_else_changed_fails_alone_among_many(plane: Plane) -> None:
    changed, other = sorted([await plane.connector(), await plane.connector()])
    async with plane.parts.database.transaction(write=True) as session:

        async def rename(connector_id: str) -> None:
            row = await session.get_one(Connector, connector_id)
            if connector_id == changed:
                await session.execute(text("UPDATE connectors SET row_version = 7 WHERE id = :id"), {"id": changed})
            row.name = "Renamed"

        work = Work(Caller("default", "usr_1", "key_1", Role.EDITOR), session, plane.parts)
        answer = await do_each(work, [changed, other], rename)
    assert [(item.id, item.done, item.code) for item in answer.items] == [
        (changed, False, "stale"),
        (other, True, None),
    ]
    assert sorted(await listed(plane)) == ["Ledger EU", "Renamed"]


async def test_a_source_says_who_still_sends_and_why(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    body = {"name": "Welcome", "steps": [{"id": "s1", "name": "One"}], "activations": [{"action_id": action_id}]}
    journey = await plane.call("POST", "/v1/journeys", 201, json=body)
    path, uses = f"/v1/journeys/{journey['id']}", f"/v1/connectors/{connector_id}/uses"
    assert journey["stage"] == "draft"
    assert "nothing is sent" in (await plane.call("GET", uses, 200))[0]["why"]
    await plane.call("POST", f"{path}/publish", 202)
    assert (await plane.call("GET", path, 200))["stage"] == "live"
    await plane.change("PATCH", path, 200, {"activations": []})
    assert (await plane.call("GET", path, 200))["stage"] == "live_with_draft_changes"
    (use,) = await plane.call("GET", uses, 200)
    assert (use["in_draft"], use["in_published"], use["name"]) == (False, True, "Welcome")
    assert (use["sends"], use["published_version"], use["unpublished_changes"]) == (True, 1, True)
    assert "still holds it" in use["why"]
    await plane.call("POST", f"{path}/publish", 202)
    assert await plane.call("GET", uses, 200) == []


async def test_a_published_use_sends_until_something_holds_it(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)

    async def use() -> tuple[bool, str | None, str]:
        (one,) = await plane.call("GET", f"/v1/actions/{action_id}/uses", 200)
        return one["sends"], one["held"], one["why"]

    assert await use() == (True, None, "It sends: the draft and version 1 hold the action.")
    await plane.change("PATCH", f"/v1/audiences/{audience_id}", 200, {"name": "Renamed"})
    sends, held, why = await use()
    assert (sends, held, "as version 1 says" in why) == (True, None, True)
    for thing, operation, held in (
        (f"connectors/{connector_id}", "pause", "connector_paused"),
        (f"actions/{action_id}", "deactivate", "action_deactivated"),
        (f"connectors/{connector_id}", "deactivate", "connector_deactivated"),
    ):
        await plane.call("PUT", f"/v1/{thing}/{operation}", 202)
        assert (await use())[:2] == (False, held)
    await plane.call("PUT", f"/v1/connectors/{connector_id}/resume", 202)
    await plane.call("PUT", f"/v1/connectors/{connector_id}/activate", 202)
    await plane.call("PUT", f"/v1/actions/{action_id}/activate", 202)
    assert (await use())[0] is True
