"""From a draft to what the workers read: publication, activation, revert, deletion."""

import time

from connectors.records.codec import decode_config
from connectors.records.config import AudienceConfig, ConnectorConfig
from connectors.records.profile_event import Change
from tests.support.plane import SECRET, Plane


async def test_a_new_connector_is_a_deactivated_draft_that_no_worker_knows(plane: Plane) -> None:
    connector_id = await plane.connector()

    shown = await plane.call("GET", f"/v1/connectors/{connector_id}", 200)

    assert (shown["status"], shown["published_version"], shown["unpublished_changes"]) == ("deactivated", None, True)
    await plane.relayed()
    assert plane.topic.records == []


async def test_publishing_sends_the_draft_with_its_actions_and_sealed_secrets(plane: Plane) -> None:
    connector_id = await plane.connector()
    action_id = await plane.action(connector_id)

    published = await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202, json={"note": "first"})
    await plane.relayed()

    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    assert (record.version, record.revision, record.active) == (published["version"], published["revision"], False)
    assert [(action.id, action.active, action.fields) for action in record.actions] == [
        (action_id, False, {"list_id": "l_1"})
    ]
    assert record.actions[0].mapping == {"email": "{{ profile.identifiers.email }}", "note": "hello"}
    assert plane.parts.sealer.open(connector_id, "api_key", record.secrets["api_key"]) == SECRET


async def test_an_edit_changes_the_draft_and_not_what_is_published(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    await plane.relayed()
    before = plane.topic.latest(f"connector:{connector_id}")

    shown = await plane.change("PATCH", f"/v1/connectors/{connector_id}", 200, {"name": "Ledger NL"})
    await plane.relayed()

    assert shown["unpublished_changes"] is True
    assert plane.topic.latest(f"connector:{connector_id}") == before


async def test_each_activation_sends_the_published_version_again_with_a_higher_count(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    await plane.change("PATCH", f"/v1/connectors/{connector_id}", 200, {"name": "unpublished"})
    path = f"/v1/connectors/{connector_id}"
    await plane.call("PUT", f"{path}/deactivate", 202)
    await plane.call("PUT", f"{path}/deactivate", 202)
    await plane.call("PUT", f"{path}/pause", 202)
    await plane.relayed()

    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    assert (record.name, record.version, record.active, record.paused) == ("Ledger EU", 1, False, True)
    assert record.activation == 2, "on, and off once: the second deactivation changed nothing"
    assert [(action.id, action.active, action.activation) for action in record.actions] == [(action_id, True, 1)]


async def test_revisions_of_a_key_only_grow(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    for step in ("pause", "resume", "deactivate", "activate"):
        await plane.call("PUT", f"/v1/connectors/{connector_id}/{step}", 202)
    await plane.call("POST", f"/v1/connectors/{connector_id}/versions/1/revert", 202)
    await plane.relayed()

    values = [value for key, value in plane.topic.records if key == f"connector:{connector_id}" and value is not None]
    revisions = [decode_config(b"connector:x", value).revision for value in values]
    assert revisions == list(range(1, len(revisions) + 1))
    assert len(revisions) == 8


async def test_resuming_says_when_so_that_the_retry_clock_begins_again(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    path, before = f"/v1/connectors/{connector_id}", time.time() * 1000
    await plane.call("PUT", f"{path}/pause", 202)
    await plane.relayed()
    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    assert (record.paused, record.resumed_at) == (True, None)
    for _ in range(2):
        await plane.call("PUT", f"{path}/resume", 202)
        await plane.relayed()
        record = plane.topic.latest(f"connector:{connector_id}")
        assert isinstance(record, ConnectorConfig)
        assert record.resumed_at is not None
        assert before - 1 <= record.resumed_at <= time.time() * 1000
        before, resumed = time.time() * 1000, record.resumed_at
        await plane.call("PUT", f"{path}/pause", 202)
        await plane.relayed()
        record = plane.topic.latest(f"connector:{connector_id}")
        assert isinstance(record, ConnectorConfig)
        assert record.resumed_at == resumed


async def test_labels_are_kept_apart_from_what_is_published(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    path = f"/v1/connectors/{connector_id}"
    changed = await plane.change("PATCH", path, 200, {"labels": ["emea", "crm", "emea"]})
    assert (changed["labels"], changed["unpublished_changes"]) == (["crm", "emea"], False)
    await plane.change("PATCH", path, 422, {"labels": [""]})


async def test_a_connector_must_be_published_before_it_is_activated(plane: Plane) -> None:
    connector_id = await plane.connector()
    problem = await plane.call("PUT", f"/v1/connectors/{connector_id}/activate", 409)
    assert problem["code"] == "not_published"


async def test_an_action_is_activated_only_while_its_connector_is_active(plane: Plane) -> None:
    connector_id = await plane.connector()
    action_id = await plane.action(connector_id)
    await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)

    problem = await plane.call("PUT", f"/v1/actions/{action_id}/activate", 409)
    assert problem["code"] == "connector_deactivated"

    await plane.call("PUT", f"/v1/connectors/{connector_id}/activate", 202)
    assert (await plane.call("PUT", f"/v1/actions/{action_id}/activate", 202))["sends"] is True


async def test_deactivating_a_connector_leaves_its_actions_flags(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    await plane.call("PUT", f"/v1/connectors/{connector_id}/deactivate", 202)
    action = await plane.call("GET", f"/v1/actions/{action_id}", 200)
    assert (action["active"], action["sends"]) == (True, False)
    status = await plane.call("GET", f"/v1/connectors/{connector_id}/status", 200)
    assert status["actions"][0]["trace"] == "Off because its connector is off."


async def test_a_published_audience_reaches_the_workers_under_its_own_id(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id, source_id="vip")

    published = await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    await plane.relayed()

    assert published["warnings"] == []
    record = plane.topic.latest(f"audience:{audience_id}")
    assert isinstance(record, AudienceConfig)
    assert (record.id, record.version, record.revision) == ("vip", 1, 1)
    (activation,) = record.activations
    assert (activation.connector_id, activation.action_id) == (connector_id, action_id)
    assert activation.on == (Change.JOINED, Change.LEFT)


async def test_a_connector_in_use_cannot_be_deleted_and_the_problem_names_every_use(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id, name="Spring VIPs")
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    await plane.change("PATCH", f"/v1/audiences/{audience_id}", 200, {"activations": []})

    for path in (f"/v1/connectors/{connector_id}", f"/v1/actions/{action_id}"):
        problem = await plane.change("DELETE", path, 409)
        assert problem["code"] == "in_use"
        (use,) = problem["uses"]
        assert (use["name"], use["in_draft"], use["in_published"]) == ("Spring VIPs", False, True)

    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    await plane.change("DELETE", f"/v1/connectors/{connector_id}", 204)
    await plane.relayed()
    assert plane.topic.latest(f"connector:{connector_id}") is None
    await plane.call("GET", f"/v1/connectors/{connector_id}", 404)


async def test_a_deleted_action_leaves_the_workers_at_once(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    await plane.change("DELETE", f"/v1/actions/{action_id}", 204)
    await plane.relayed()

    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    assert record.actions == ()
    await plane.call("GET", f"/v1/actions/{action_id}", 404)


async def test_reverting_publishes_an_earlier_version_and_makes_it_the_draft(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    path = f"/v1/connectors/{connector_id}"
    await plane.change("PATCH", path, 200, {"name": "Second", "secrets": {"api_key": "a-newer-secret"}})
    await plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"mapping": {"note": "second"}})
    await plane.call("POST", f"{path}/publish", 202)

    reverted = await plane.call("POST", f"{path}/versions/1/revert", 202, json={"note": "the second was wrong"})
    await plane.relayed()

    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    assert (reverted["version"], record.version, record.name) == (3, 3, "Ledger EU")
    assert record.actions[0].mapping["note"] == "hello"
    assert plane.parts.sealer.open(connector_id, "api_key", record.secrets["api_key"]) == "a-newer-secret"
    shown = await plane.call("GET", path, 200)
    assert (shown["name"], shown["unpublished_changes"]) == ("Ledger EU", False)
    history = await plane.call("GET", f"{path}/versions", 200)
    assert [(item["number"], item["reverted_to"], item["note"]) for item in history["items"]] == [
        (3, 1, "the second was wrong"),
        (2, None, None),
        (1, None, None),
    ]


async def test_reverting_to_another_host_takes_the_secrets_that_were_entered_for_it(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    path = f"/v1/connectors/{connector_id}"
    moved = {"settings": {"url": "https://other.example"}, "secrets": {"api_key": "for-the-other-host"}}
    await plane.change("PATCH", path, 200, moved)
    await plane.call("POST", f"{path}/publish", 202)

    await plane.call("POST", f"{path}/versions/1/revert", 202)
    await plane.relayed()

    record = plane.topic.latest(f"connector:{connector_id}")
    assert isinstance(record, ConnectorConfig)
    assert plane.parts.sealer.open(connector_id, "api_key", record.secrets["api_key"]) == SECRET


async def test_another_host_clears_the_secrets_and_publishing_asks_for_them(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    path = f"/v1/connectors/{connector_id}"

    shown = await plane.change("PATCH", path, 200, {"settings": {"url": "https://other.example"}})
    problem = await plane.call("POST", f"{path}/publish", 409)

    assert shown["secrets"] == {}
    assert problem["code"] == "incomplete"
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/secrets/api_key", "missing")]


async def test_the_target_of_an_action_in_use_cannot_be_edited(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    await plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"fields": {"list_id": "l_2"}})
    await plane.audience(action_id)

    problem = await plane.change("PATCH", f"/v1/actions/{action_id}", 409, {"fields": {"list_id": "l_3"}})
    assert problem["code"] == "target_in_use"
    await plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"fields": {"list_id": "l_1"}})


async def test_a_target_that_was_changed_before_its_use_cannot_be_published_under_it(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    await plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"fields": {"list_id": "l_2"}})
    audience_id = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)

    problem = await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 409)

    assert problem["code"] == "target_in_use"


async def test_publishing_warns_when_two_audiences_share_a_target(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    first = await plane.audience(action_id, name="First")
    await plane.call("POST", f"/v1/audiences/{first}/publish", 202)
    second = await plane.audience(action_id, name="Second")

    published = await plane.call("POST", f"/v1/audiences/{second}/publish", 202)

    (warning,) = published["warnings"]
    assert warning["code"] == "shared_target"
    assert "'First'" in warning["detail"]


async def test_publishing_warns_of_an_action_that_does_not_send_yet(plane: Plane) -> None:
    connector_id = await plane.connector()
    action_id = await plane.action(connector_id)
    audience_id = await plane.audience(action_id)
    published = await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    assert [warning["code"] for warning in published["warnings"]] == ["action_not_published"]


async def test_an_action_must_support_a_change_of_what_it_is_attached_to(plane: Plane) -> None:
    connector_id = await plane.connector()
    action_id = await plane.action(connector_id, type="write_entry", fields={})
    body = {"name": "VIPs", "activations": [{"action_id": action_id}, {"action_id": "act_none"}]}

    problem = await plane.call("POST", "/v1/audiences", 422, json=body)

    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/activations/0/on", "not_supported"),
        ("/activations/1/action_id", "unknown_action"),
    ]
    feed = {"name": "Purchases", "event_names": ["purchase"], "activations": [{"action_id": action_id}]}
    await plane.call("POST", "/v1/event-feeds", 201, json=feed)


async def test_a_journey_knows_its_steps(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    steps = [{"id": "welcome", "name": "Welcome"}]
    wrong = {"name": "Onboarding", "steps": steps, "activations": [{"action_id": action_id, "step": "goodbye"}]}
    problem = await plane.call("POST", "/v1/journeys", 422, json=wrong)
    assert problem["errors"][0]["code"] == "unknown_step"

    right = wrong | {"activations": [{"action_id": action_id, "step": "welcome", "on": ["entered"]}]}
    journey = await plane.call("POST", "/v1/journeys", 201, json=right)
    await plane.call("POST", f"/v1/journeys/{journey['id']}/publish", 202)
    await plane.relayed()
    record = plane.topic.latest(f"journey:{journey['id']}")
    assert record is not None
    assert [(a.step, a.on) for a in record.activations] == [("welcome", (Change.ENTERED,))]


async def test_a_deleted_audience_leaves_a_tombstone_and_its_actions_are_free(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    await plane.change("DELETE", f"/v1/audiences/{audience_id}", 204)
    await plane.relayed()
    assert plane.topic.latest(f"audience:{audience_id}") is None
    assert await plane.call("GET", f"/v1/actions/{action_id}/uses", 200) == []


async def test_an_edited_audience_listens_to_both_changes_unless_told_otherwise(plane: Plane) -> None:
    _, action_id = await plane.live_action()
    audience_id = await plane.audience()
    body = {"activations": [{"action_id": action_id}]}
    edited = await plane.change("PATCH", f"/v1/audiences/{audience_id}", 200, body)
    assert edited["activations"][0]["on"] == ["joined", "left"]
    renamed = await plane.change("PATCH", f"/v1/audiences/{audience_id}", 200, {"name": "Renamed"})
    assert renamed["activations"] == edited["activations"]
