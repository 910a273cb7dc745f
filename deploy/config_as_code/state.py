"""What is configured now: the same document as the file, with the ids and versions of everything in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from deploy.config_as_code.document import (
    ActionEntry,
    ActivationEntry,
    AlertEntry,
    AudienceEntry,
    ConnectorEntry,
    CustomTypeEntry,
    Document,
    EventFeedEntry,
    JourneyEntry,
    SecretReference,
)

Place = tuple[str, ...]
"""Where something stands in the file, such as `("connectors", "Ledger", "actions", "VIPs")`."""

SOURCES = {"audiences": "audiences", "journeys": "journeys", "event_feeds": "event-feeds"}
"""Sections of sources, and their paths in the API."""

PAGE = 500


class Api(Protocol):
    """The control plane's API."""

    def call(self, method: str, path: str, body: Any = None, *, if_match: str | None = None) -> Any:
        """The JSON of an answer; raises `CannotRun` with the problem's own words."""


@dataclass(slots=True)
class State:
    """What is there now.

    `types` has the connector types that are used: they know default mappings and which settings name the host.
    `newest` has the newest revision of each custom type.
    """

    document: Document = field(default_factory=Document)
    ids: dict[Place, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    types: dict[str, Any] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)

    def note(self, place: Place, item: Mapping[str, Any]) -> None:
        """Remember which object stands there."""
        self.ids[place] = item["id"]
        if "row_version" in item:
            self.versions[item["id"]] = item["row_version"]

    def unpinned(self, type_: str) -> str:
        """A custom type without its revision, if that is the newest: `custom:crm` for `custom:crm@3`."""
        name, _, revision = type_.partition("@")
        return name if revision == str(self.newest.get(name)) else type_


def read_state(api: Api) -> State:
    """Everything that the file can hold."""
    state = State()
    for item in _every(api, "/v1/custom-connector-types"):
        state.note(("custom_connector_types", item["key"]), item)
        definition = {name: value for name, value in item["definition"].items() if name not in ("key", "revision")}
        state.document.custom_connector_types[item["key"]] = CustomTypeEntry(**definition)
        state.newest[item["type"]] = item["revision"]
    for key, item in _keyed(_every(api, "/v1/connectors")):
        state.note(("connectors", key), item)
        item["type"] = state.unpinned(item["type"])
        state.types.setdefault(item["type"], None)
        state.document.connectors[key] = _connector(api, state, key, item)
    for name in state.types:
        state.types[name] = api.call("GET", f"/v1/connector-types/{name}")
    actions = {state.ids[place]: place for place in state.ids if len(place) == 4}
    for section, path in SOURCES.items():
        for key, item in _keyed(_every(api, f"/v1/{path}")):
            state.note((section, key), item)
            getattr(state.document, section)[key] = _source(section, key, item, actions)
    connectors = {state.ids[place]: place[1] for place in state.ids if place[0] == "connectors" and len(place) == 2}
    for key, item in _keyed(_every(api, "/v1/alerts")):
        state.note(("alerts", key), item)
        state.document.alerts[key] = _alert(key, item, connectors)
    return state


def variable(*parts: str) -> str:
    """The environment variable that a secret is exported as a reference to."""
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(parts).upper()).strip("_") if parts else ""


def _connector(api: Api, state: State, key: str, item: Mapping[str, Any]) -> ConnectorEntry:
    actions = {}
    for action_key, action in _keyed(_every(api, f"/v1/connectors/{item['id']}/actions")):
        state.note(("connectors", key, "actions", action_key), action)
        told = {name: action[name] for name in ("type", "fields", "mapping", "consent", "active")}
        actions[action_key] = ActionEntry(name=_name(action_key, action), **told)
    told = {name: item[name] for name in ("type", "settings", "identifiers", "labels", "active", "paused")}
    return ConnectorEntry(
        name=_name(key, item),
        **told,
        limits={name: value for name, value in item["limits"].items() if value is not None},
        secrets={name: SecretReference(from_env=_reference(key, name)) for name in sorted(item["secrets"])},
        published=not item["unpublished_changes"],
        actions=actions,
    )


def _source(section: str, key: str, item: Mapping[str, Any], actions: Mapping[str, Place]) -> Any:
    common: dict[str, Any] = {
        "name": _name(key, item),
        "published": not item["unpublished_changes"],
        "activations": [_activation(each, actions) for each in item["activations"]],
    }
    match section:
        case "audiences":
            return AudienceEntry(**common, source_id=item["source_id"])
        case "journeys":
            return JourneyEntry(**common, source_id=item["source_id"], steps=item["steps"])
        case _:
            return EventFeedEntry(**common, event_names=item["event_names"])


def _activation(item: Mapping[str, Any], actions: Mapping[str, Place]) -> ActivationEntry:
    _, connector, _, action = actions[item["action_id"]]
    return ActivationEntry(connector=connector, action=action, on=item["on"], step=item["step"])


def _alert(key: str, item: Mapping[str, Any], connectors: Mapping[str, str]) -> AlertEntry:
    return AlertEntry(
        name=_name(key, item),
        condition=item["condition"],
        channel=item["channel"],
        connector=None if item["connector_id"] is None else connectors[item["connector_id"]],
        active=item["active"],
        secret=SecretReference(from_env=_reference(key, "secret")) if item["has_secret"] else None,
    )


def _reference(key: str, name: str) -> str:
    text = variable(key, name)
    return text if text and not text[0].isdigit() else f"SECRET_{text}"


def _every(api: Api, path: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = api.call("GET", f"{path}?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        yield from page["items"]
        cursor = page["next_cursor"]


def _keyed(items: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each by its name, oldest first; the second one of a name is `name (2)`."""
    taken: set[str] = set()
    for item in items:
        key, number = item["name"], 1
        while key in taken:
            number += 1
            key = f"{item['name']} ({number})"
        taken.add(key)
        yield key, item


def _name(key: str, item: Mapping[str, Any]) -> str | None:
    return None if item["name"] == key else item["name"]
