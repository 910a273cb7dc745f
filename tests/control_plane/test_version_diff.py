"""What differs between versions and drafts: every leaf with its place, secrets only as a fact."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_plane.version_diff.comparing import ABSENT, Difference, differences
from tests.support.plane import Plane


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, [("/a", 1, True)]),
        ({"a": 1}, {"b": 1}, [("/a", 1, ABSENT), ("/b", ABSENT, 1)]),
        ({"a": {"b/c": [1]}}, {"a": {"b/c": [2]}}, [("/a/b~1c", [1], [2])]),
        (
            [{"id": "x", "n": 1}, {"id": "y"}],
            [{"id": "y"}, {"id": "x", "n": 2}],
            [("/x/n", 1, 2), ("", ["x", "y"], ["y", "x"])],
        ),
        ([{"id": "x"}], [], [("/x", {"id": "x"}, ABSENT)]),
        ([{"id": "x"}], [{"id": "x"}, {"id": "y"}], [("/y", ABSENT, {"id": "y"})]),
        (
            [{"action_id": "a", "step": "s"}],
            [{"action_id": "a", "step": "t"}],
            [("/a@s", {"action_id": "a", "step": "s"}, ABSENT), ("/a@t", ABSENT, {"action_id": "a", "step": "t"})],
        ),
        ({"a": None}, {}, [("/a", None, ABSENT)]),
    ],
)
def test_every_leaf_that_differs_is_told_with_its_place(before: Any, after: Any, found: list[Any]) -> None:
    assert list(differences(before, after)) == [Difference(*one) for one in found]


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a", "b"]), inner, max_size=3),
    max_leaves=12,
)


@given(trees, trees)
def test_there_is_a_difference_exactly_when_the_trees_differ(before: Any, after: Any) -> None:
    texts = {json.dumps(tree, sort_keys=True) for tree in (before, after)}
    assert bool(list(differences(before, after))) == (len(texts) == 2)


async def test_a_connector_is_compared_with_its_draft(plane: Plane) -> None:
    connector_id = await plane.connector()
    action_id = await plane.action(connector_id)
    path = f"/v1/connectors/{connector_id}"
    await plane.call("POST", f"{path}/publish", 202)
    assert (await plane.call("GET", f"{path}/versions/1/diff/draft", 200))["differs"] is False

    await plane.change("PATCH", path, 200, {"name": "Renamed", "secrets": {"api_key": "another-one"}})
    await plane.change("PATCH", f"/v1/actions/{action_id}", 200, {"mapping": {"note": "bye"}})
    added = await plane.action(connector_id, name="Second")
    answer = await plane.http.get(f"{path}/versions/1/diff/draft")

    changes = {change["pointer"]: change for change in answer.json()["changes"]}
    assert set(changes) == {"/name", f"/actions/{action_id}/mapping/note", f"/actions/{added}", "/secrets/api_key"}
    assert (changes["/name"]["before"], changes["/name"]["after"]) == ("Ledger EU", "Renamed")
    assert changes[f"/actions/{added}"]["change"] == "added"
    assert "another-one" not in answer.text
    assert "gAAAA" not in answer.text


async def test_entering_the_same_secret_again_is_no_difference(plane: Plane) -> None:
    connector_id = await plane.connector()
    path = f"/v1/connectors/{connector_id}"
    await plane.call("POST", f"{path}/publish", 202)
    await plane.change("PATCH", path, 200, {"secrets": {"api_key": "s3cret-of-the-ledger"}})
    assert (await plane.call("GET", f"{path}/versions/1/diff/draft", 200))["changes"] == []


async def test_two_versions_of_each_source_are_compared(plane: Plane) -> None:
    action_id = (await plane.live_action())[1]
    held = [{"action_id": action_id, "on": ["entered"], "step": "hello"}]
    steps = [{"id": "hello", "name": "Hello"}]
    journey = await plane.call("POST", "/v1/journeys", 201, json={"name": "J", "steps": steps, "activations": held})
    path = f"/v1/journeys/{journey['id']}"
    await plane.call("POST", f"{path}/publish", 202)
    await plane.change("PATCH", path, 200, {"activations": [held[0] | {"on": ["entered", "exited"]}]})
    await plane.call("POST", f"{path}/publish", 202)

    told = await plane.call("GET", f"{path}/versions/1/diff/2", 200)
    assert [change["pointer"] for change in told["changes"]] == [f"/activations/{action_id}@hello/on"]
    assert (await plane.call("GET", f"{path}/versions/2/diff/draft", 200))["differs"] is False

    audience = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{audience}/publish", 202)
    assert (await plane.call("GET", f"/v1/audiences/{audience}/versions/1/diff/draft", 200))["differs"] is False
    await plane.call("GET", f"/v1/audiences/{audience}/versions/1/diff/7", 404)
    await plane.call("GET", f"/v1/audiences/{audience}/versions/1/diff/nonsense", 422)
