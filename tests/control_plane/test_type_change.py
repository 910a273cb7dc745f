"""Changing the type of an action: everything is shown before, nothing is sent otherwise before it is published."""

from typing import Any

from connectors.records.config import ConnectorConfig
from tests.support.plane import Plane


async def change(plane: Plane, action_id: str, status: int = 200, **body: Any) -> Any:
    """A change of type, of what was just read."""
    headers = await plane.etag(f"/v1/actions/{action_id}")
    return await plane.call("POST", f"/v1/actions/{action_id}/change-type", status, json=body, headers=headers)


async def test_a_dry_run_shows_what_becomes_of_everything_and_saves_nothing(plane: Plane) -> None:
    action_id = await plane.action(await plane.connector(), mapping={"note": "mine"})
    shown = await change(plane, action_id, type="write_entry", dry_run=True)

    assert [(item["pointer"], item["value"]) for item in shown["dropped"]] == [
        ("/fields/list_id", "l_1"),
        ("/mapping/email", "{{ profile.identifiers.email }}"),
        ("/mapping/note", "mine"),
    ]
    assert (shown["carried"], shown["defaulted"], shown["missing"]) == ([], ["/mapping/entry"], [])
    assert [warning["code"] for warning in shown["warnings"]] == ["target_left_behind"]
    assert shown["action"] is None
    assert (await plane.call("GET", f"/v1/actions/{action_id}", 200))["type"] == "sync_list"


async def test_what_is_missing_is_told_and_must_be_filled_in(plane: Plane) -> None:
    action_id = await plane.action(await plane.connector(), type="write_entry", fields={})
    shown = await change(plane, action_id, type="sync_list", dry_run=True)
    assert [fault["pointer"] for fault in shown["missing"]] == ["/fields/list_id"]

    problem = await change(plane, action_id, 422, type="sync_list")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/fields/list_id"]
    saved = await change(plane, action_id, type="sync_list", fields={"list_id": "l_2"})
    assert (saved["action"]["type"], saved["action"]["fields"]) == ("sync_list", {"list_id": "l_2"})


async def test_an_action_in_use_changes_when_it_is_published_and_not_before(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)

    changed = await change(plane, action_id, type="write_entry")
    assert {warning["code"] for warning in changed["warnings"]} == {"target_left_behind", "not_supported"}
    await plane.call("PUT", f"/v1/actions/{action_id}/deactivate", 202)
    await plane.call("PUT", f"/v1/actions/{action_id}/activate", 202)
    await plane.relayed()
    assert type_sent_out(plane, connector_id) == "sync_list", "an activation sends out what is published"

    await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)
    await plane.relayed()
    assert type_sent_out(plane, connector_id) == "write_entry"


async def test_a_change_there_and_back_does_not_move_an_action_in_use_to_another_list(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    await change(plane, action_id, type="write_entry")
    await change(plane, action_id, type="sync_list", fields={"list_id": "l_9"})

    problem = await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 409)
    assert problem["code"] == "target_in_use"


async def test_an_unknown_type_and_a_stale_version_are_refused(plane: Plane) -> None:
    action_id = await plane.action(await plane.connector())
    problem = await change(plane, action_id, 422, type="nothing", dry_run=True)
    assert problem["errors"][0]["code"] == "unknown_action_type"
    path = f"/v1/actions/{action_id}/change-type"
    await plane.call("POST", path, 428, json={"type": "write_entry"})
    await plane.call("POST", path, 412, json={"type": "write_entry"}, headers={"If-Match": '"99"'})


def type_sent_out(plane: Plane, connector_id: str) -> str:
    """The type of the only action as workers have it."""
    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    return record.actions[0].type
