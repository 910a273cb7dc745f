"""What would have to change so that the configuration is as the file says; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from deploy.config_as_code.document import ConnectorEntry, CustomTypeEntry, Document
from deploy.config_as_code.state import SOURCES, Place, State
from deploy.errors import CannotRun

Verb = Literal["create", "update", "delete", "unlisted"]
_ON = {"audiences": ["joined", "left"], "journeys": ["entered", "exited"], "event_feeds": ["occurred"]}
_FIXED = {"connectors": "type", "audiences": "source_id", "journeys": "source_id"}
_ABSENT = "(nothing)"
_SECRET = "(secret)"


@dataclass(frozen=True, slots=True)
class Change:
    """One object that is not as the file says; `fields` are paths within it, with what is there and what is to be."""

    verb: Verb
    place: Place
    fields: tuple[tuple[str, Any, Any], ...] = ()

    def touches(self, *names: str) -> bool:
        """True when one of these first parts of a path is to change."""
        return any(path.partition(".")[0] in names for path, _, _ in self.fields)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change, in the order of the file; `unlisted` objects are kept."""

    changes: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """True when nothing is to be done."""
        return all(change.verb == "unlisted" for change in self.changes)

    def of(self, place: Place) -> Change | None:
        """What is to change there."""
        return next((change for change in self.changes if change.place == place), None)


def make_plan(wanted: Document, state: State, *, prune: bool = False) -> Plan:
    """Compare the completed file with what is there; raises `CannotRun` for what can never be applied."""
    _demand_references(wanted)
    before, after = dict(_objects(state.document)), dict(_objects(wanted))
    changes = [change for place in after if (change := _compare(place, before.get(place), after[place]))]
    changes += [Change("delete" if prune else "unlisted", place) for place in before if _is_surplus(place, after)]
    return Plan(tuple(changes))


def complete(wanted: Document, state: State) -> Document:
    """The file with what it may leave out: default mappings, triggers, and the source ids that are there."""
    document = wanted.model_copy(deep=True)
    for connector in document.connectors.values():
        connector.labels = sorted(set(connector.labels))
        for action in connector.actions.values():
            action.mapping = {**_default_mapping(state, connector.type, action.type), **action.mapping}
    for section in SOURCES:
        for key, source in getattr(document, section).items():
            for activation in source.activations:
                activation.on = activation.on or _ON[section]
            there = getattr(state.document, section).get(key)
            if there is not None and section != "event_feeds" and source.source_id is None:
                source.source_id = there.source_id
    return document


def describe(plan: Plan) -> Iterator[str]:
    """The plan as lines to read."""
    signs = {"create": "+", "update": "~", "delete": "-", "unlisted": "?"}
    for change in plan.changes:
        title = " / ".join((change.place[0], *change.place[1::2]))
        note = "  (not in the file; kept without --prune)" if change.verb == "unlisted" else ""
        yield f"{signs[change.verb]} {title}{note}"
        for path, before, after in change.fields:
            yield f"    {path}: {after}" if change.verb == "create" else f"    {path}: {before} → {after}"


def _objects(document: Document) -> Iterator[tuple[Place, BaseModel]]:
    for key, custom in document.custom_connector_types.items():
        yield ("custom_connector_types", key), custom
    for key, connector in document.connectors.items():
        yield ("connectors", key), connector
        for action_key, action in connector.actions.items():
            yield ("connectors", key, "actions", action_key), action
    for section in (*SOURCES, "alerts"):
        for key, entry in getattr(document, section).items():
            yield (section, key), entry


def _compare(place: Place, before: BaseModel | None, after: BaseModel) -> Change | None:
    new = dict(_flat(_told(place, after)))
    if before is None:
        said = {".".join(path): value for path, value in new.items() if value not in (None, [], {}, False)}
        return Change("create", place, tuple((path, None, value) for path, value in said.items()))
    old = dict(_flat(_told(place, before)))
    paths = [path for path in {**old, **new} if old.get(path, _ABSENT) != new.get(path, _ABSENT)]
    fields = [(".".join(path), old.get(path, _ABSENT), new.get(path, _ABSENT)) for path in paths]
    if place[0] != "custom_connector_types":
        # What is published stays so; and a secret that the file does not name stays as well.
        fields = [each for each in fields if each[0] != "published" or each[2] is True]
        fields = [each for each in fields if not (each[0].startswith("secret") and each[2] in (None, _ABSENT))]
    _demand_fixed(place, fields)
    return Change("update", place, tuple(fields)) if fields else None


def _demand_fixed(place: Place, fields: Sequence[tuple[str, Any, Any]]) -> None:
    fixed = _FIXED.get(place[0]) if len(place) == 2 else None
    for path, before, after in fields:
        # Another revision of a custom type is the same type.
        if path == fixed and str(before).partition("@")[0] != str(after).partition("@")[0]:
            raise CannotRun(f"{' / '.join(place)}: `{fixed}` never changes; give it another name, or delete it first.")


def _told(place: Place, entry: BaseModel) -> dict[str, Any]:
    if isinstance(entry, CustomTypeEntry):
        return entry.model_dump()
    told = entry.model_dump(exclude={"actions"})
    told["name"] = told["name"] or place[-1]
    if isinstance(entry, ConnectorEntry):
        told["secrets"] = dict.fromkeys(entry.secrets, _SECRET)
    elif told.get("secret") is not None:
        told["secret"] = _SECRET
    return told


def _flat(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, (*above, name))
        elif value != {} or above:
            yield (*above, name), value


def _is_surplus(place: Place, after: Mapping[Place, BaseModel]) -> bool:
    # The actions of a connector that goes as a whole go with it.
    return place not in after and (len(place) == 2 or place[:2] in after)


def _default_mapping(state: State, connector_type: str, action_type: str) -> dict[str, Any]:
    known = state.types.get(connector_type) or {"action_types": []}
    return next((each["mapping"] for each in known["action_types"] if each["key"] == action_type), {})


def _demand_references(wanted: Document) -> None:
    missing = [
        f"  {section} / {key}: {activation.connector} / {activation.action}"
        for section in SOURCES
        for key, source in getattr(wanted, section).items()
        for activation in source.activations
        if activation.connector not in wanted.connectors
        or activation.action not in wanted.connectors[activation.connector].actions
    ]
    missing += [
        f"  alerts / {key}: {alert.connector}"
        for key, alert in wanted.alerts.items()
        if alert.connector is not None and alert.connector not in wanted.connectors
    ]
    if missing:
        raise CannotRun("\n".join(["The file names what it does not hold:", *missing]))
