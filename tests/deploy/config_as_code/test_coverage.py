"""The file holds whatever can be configured: what is new is put into it, or named here with the reason why not."""

from typing import Any

import pytest
from pydantic import BaseModel

from connectors.kit.registry import Registry
from control_plane.app import assemble, build_parts
from deploy.config_as_code.document import (
    ActionEntry,
    AlertEntry,
    AudienceEntry,
    ConnectorEntry,
    CustomTypeEntry,
    EventFeedEntry,
    JourneyEntry,
)
from tests.support.ledger import LEDGER
from tests.support.plane import SilentStatuses, WatchedTopic, plane_settings

COVERED: dict[str, type[BaseModel]] = {
    "/v1/connectors": ConnectorEntry,
    "/v1/connectors/{connector_id}/actions": ActionEntry,
    "/v1/audiences": AudienceEntry,
    "/v1/journeys": JourneyEntry,
    "/v1/event-feeds": EventFeedEntry,
    "/v1/alerts": AlertEntry,
    "/v1/custom-connector-types": CustomTypeEntry,
}
NOT_CONFIGURATION = {
    "/v1/users": "people and programs belong to an installation",
    "/v1/users/{user_id}/api-keys": "a key is shown once, to one person",
    "/v1/session": "a browser that is signed in",
    "/v1/jobs": "something done once",
    "/v1/connectors/{connector_id}/favourite": "a person's own",
}
OPERATIONS = {"activate": "active", "deactivate": "active", "pause": "paused", "resume": "paused"}
RENAMED = {"connector_id": "connector"}

description = assemble(
    build_parts(plane_settings("sqlite://"), WatchedTopic(), Registry((LEDGER,))), SilentStatuses()
).openapi()


def creations() -> dict[str, Any]:
    """Every route that makes something."""
    return {
        path: operations["post"] for path, operations in description["paths"].items() if "201" in responses(operations)
    }


def responses(operations: dict[str, Any]) -> dict[str, Any]:
    """Of a POST, if there is one."""
    told: dict[str, Any] = operations.get("post", {}).get("responses", {})
    return told


def test_whatever_can_be_made_is_in_the_file_or_has_a_reason_not_to_be() -> None:
    assert set(creations()) - set(NOT_CONFIGURATION) == set(COVERED)
    assert set(NOT_CONFIGURATION) <= set(description["paths"])


@pytest.mark.parametrize("path", [path for path in COVERED if path != "/v1/custom-connector-types"])
def test_whatever_can_be_said_of_it_can_be_said_in_the_file(path: str) -> None:
    body = creations()[path]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    said = {RENAMED.get(name, name) for name in description["components"]["schemas"][body]["properties"]}
    assert said <= set(COVERED[path].model_fields)


def test_a_custom_type_is_in_the_file_as_a_whole() -> None:
    assert CustomTypeEntry.model_config["extra"] == "allow"


@pytest.mark.parametrize("thing", ["connectors/{connector_id}", "actions/{action_id}"])
def test_whatever_can_be_switched_is_in_the_file(thing: str) -> None:
    entry = ConnectorEntry if thing.startswith("connectors") else ActionEntry
    switches = {
        path.rpartition("/")[2]
        for path, operations in description["paths"].items()
        if path.startswith(f"/v1/{thing}/") and "put" in operations and path.rpartition("/")[2] in OPERATIONS
    }
    assert switches
    assert {OPERATIONS[switch] for switch in switches} <= set(entry.model_fields)
