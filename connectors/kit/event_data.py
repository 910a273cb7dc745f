"""What a mapping sees of an event: the roots `profile`, `event`, `source` and `settings`, read off the record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from connectors.kit.budget import Budget
from connectors.kit.filters import MISSING, rfc3339
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, ProfileEvent

MAX_CONTEXT = 64 * 1024

Segments = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that a mapping can name. `open` ones hold names of their own, which only the event knows."""

    path: str
    description: str
    read: Callable[[ProfileEvent], Any]
    open: bool = False


def _membership(read: Callable[[MembershipEvent], Any]) -> Callable[[ProfileEvent], Any]:
    return lambda event: read(event) if isinstance(event, MembershipEvent) else MISSING


def _plain(read: Callable[[PlainEvent], Any]) -> Callable[[ProfileEvent], Any]:
    return lambda event: read(event) if isinstance(event, PlainEvent) else MISSING


def _or_missing(value: Any) -> Any:
    return MISSING if value is None else value


_CHANGES: Final = {change: change.value for change in Change}
ATTRIBUTES = (
    Attribute("profile.id", "The profile's id, the key of the event.", lambda event: event.profile_id),
    Attribute(
        "profile.identifiers",
        "Identifiers by their canonical names.",
        lambda event: {name: value for name, value in event.identifiers.items() if value is not None},
        open=True,
    ),
    Attribute("profile.attributes", "Attributes of the profile.", lambda event: event.attributes, open=True),
    Attribute("event.id", "The event's own id, where it has one.", lambda event: _or_missing(event.event_id)),
    Attribute("event.name", "The name of a plain event.", _plain(lambda event: event.name)),
    Attribute("event.change", "joined, left, entered, exited or occurred.", lambda event: _CHANGES[event.change]),
    Attribute("event.occurred_at", "When it happened, ISO 8601.", lambda event: rfc3339(event.occurred_at)),
    Attribute("event.properties", "Properties of a plain event.", _plain(lambda event: event.properties), open=True),
    Attribute("source.kind", "audience or journey.", _membership(lambda event: event.source.kind.value)),
    Attribute("source.id", "The audience's or journey's id.", _membership(lambda event: event.source.id)),
    Attribute("source.step", "The journey's step.", _membership(lambda event: _or_missing(event.source.step))),
)


def _source(event: ProfileEvent) -> Any:
    if not isinstance(event, MembershipEvent):
        return MISSING
    source = {"kind": event.source.kind.value, "id": event.source.id}
    return source if event.source.step is None else {**source, "step": event.source.step}


_BY_PATH = {tuple(attribute.path.split(".")): attribute for attribute in ATTRIBUTES}
_READS = {("source",): _source, **{path: attribute.read for path, attribute in _BY_PATH.items()}}


class Rendering(Budget):
    """One rendering of one event: what it may read, and what it may still cost."""

    __slots__ = ("_names", "event", "settings")

    def __init__(self, event: ProfileEvent, settings: dict[str, Any]) -> None:
        super().__init__()
        self.event = event
        self.settings = settings
        self._names: dict[str, Any] | None = None

    def names(self) -> dict[str, Any]:
        """Every root as Liquid reads them, made once per event; raises `ValueError` for an event that is too large."""
        if self._names is None:
            self.require_fitting()
            self._names = _names(self.event, self.settings)
        return self._names

    def require_fitting(self) -> None:
        """Raises `ValueError` for an event that is too large for a template."""
        size = self.size_of_data()
        if size > MAX_CONTEXT:
            raise ValueError(f"the event has {size} bytes; a template reads events of at most {MAX_CONTEXT}")

    def size_of_data(self) -> int:
        """How many bytes of JSON the event has."""
        if not self.data_size:
            self.data_size = len(msgspec.json.encode(self.event))
        return self.data_size

    def measure(self, value: Any) -> None:
        """Charge the work of touching a value once."""
        if isinstance(value, (list, dict)):
            self.size_of_data()
        super().measure(value)

    def carry(self, value: Any) -> Any:
        """The value, charged as output when it can be long; raises `TypeError` for what JSON cannot hold."""
        if isinstance(value, str):
            self.emit(len(value))
        elif isinstance(value, (list, dict)):
            self.emit(len(msgspec.json.encode(value)))
        elif value is not None and not isinstance(value, (int, float)):
            raise TypeError("this is no value; use it in a condition")
        return value


def _names(event: ProfileEvent, settings: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {"settings": settings}
    for (root, name), attribute in _BY_PATH.items():
        value = attribute.read(event)
        if value is not MISSING:
            names.setdefault(root, {})[name] = value
    return names


def path_problem(segments: Segments, settings: frozenset[str] | None) -> str | None:
    """Why this path can never lead anywhere, or `None`. `settings` are the names that may be read, if known."""
    root, name = segments[0], segments[1] if len(segments) > 1 else None
    if root == "settings":
        known = settings is None or not isinstance(name, str) or name in settings
        return None if known else f"`settings.{name}` is no setting that a mapping may read"
    if all(root != path[0] for path in _BY_PATH):
        return f"`{root}` is unknown; paths start with profile, event, source or settings"
    if not isinstance(name, str) or (root, name) in _BY_PATH:
        return None
    choices = ", ".join(f"{root}.{path[1]}" for path in _BY_PATH if path[0] == root)
    return f"`{root}.{name}` is unknown; there is {choices}"


def reader(segments: Segments) -> Callable[[Rendering], Any]:
    """A function that gives the value at a path, or `MISSING`; the paths used most cost one look-up."""
    match segments:
        case ("profile", "identifiers", str(name)):
            return lambda rendering: MISSING if (known := rendering.event.identifiers.get(name)) is None else known
        case ("profile", "attributes", str(name)) if name not in ("size", "first", "last"):
            return lambda rendering: rendering.event.attributes.get(name, MISSING)
        case ("settings", str(name)) if name not in ("size", "first", "last"):
            return lambda rendering: rendering.settings.get(name, MISSING)
    read, rest = _READS.get(segments[:2]), segments[2:]
    if read is None:
        return lambda rendering: _walk(rendering.names(), segments)
    if not rest:
        return lambda rendering: read(rendering.event)
    return lambda rendering: _walk(read(rendering.event), rest)


def _walk(value: Any, segments: Segments) -> Any:
    for segment in segments:
        value = _step(value, segment)
        if value is MISSING:
            break
    return value


def _step(value: Any, segment: Any) -> Any:
    match value, segment:
        case dict(), str() if segment in value:
            return value[segment]
        case list(), int() if -len(value) <= segment < len(value):
            return value[segment]
        case list() | dict() | str(), "size":
            return len(value)
        case list(), "first" | "last" if value:
            return value[0 if segment == "first" else -1]
        case _:
            return MISSING
