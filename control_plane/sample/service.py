"""Chooses recent events: those of the workspace, of a source, of the sources that an action is attached to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.profile_event import MembershipEvent, PlainEvent, ProfileEvent
from control_plane.access.letting_go import let_go
from control_plane.access.work import Work
from control_plane.database.models import Audience, EventFeed, Journey
from control_plane.errors import Fault, InvalidInput, NotFound
from control_plane.publishing.uses import uses_of_action
from control_plane.sample.examples import example_events
from control_plane.sample.recent_events import EventsUnreadable, Sample, Tail
from control_plane.sample.schemas import SampleRead, SamplesRead

_MODELS: Mapping[str, type[Audience] | type[Journey] | type[EventFeed]] = {
    "audience": Audience,
    "journey": Journey,
    "feed": EventFeed,
}
_PERSONAL = ("identifiers", "attributes", "properties")

Fits = Callable[[ProfileEvent], bool]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The events that fit, the newest first; made-up ones when there are no real ones."""

    events: tuple[tuple[str, ProfileEvent], ...]
    are_examples: bool = False


async def fits_source(work: Work, kind: str, source: str) -> Fits:
    """Whether an event is one of this source; raises `NotFound`."""
    model = _MODELS[kind]
    found = select(model).where(model.id == source, model.workspace == work.workspace)
    row: Audience | Journey | EventFeed | None = await work.session.scalar(found)
    if row is None:
        raise NotFound(f"There is no {kind} {source}.")
    if isinstance(row, EventFeed):
        names = frozenset(row.event_names)
        return lambda event: isinstance(event, PlainEvent) and event.name in names
    place = (kind, row.source_id)
    return lambda event: isinstance(event, MembershipEvent) and (event.source.kind.value, event.source.id) == place


async def fits_action(work: Work, action_id: str) -> Fits:
    """Whether an event is of a source that the action is attached to; every event, when there is none."""
    uses = await uses_of_action(work, action_id)
    tests = [await fits_source(work, use.kind, use.id) for use in uses]
    return lambda event: not tests or any(fits(event) for fits in tests)


def every_event(_: ProfileEvent) -> bool:
    """All fit."""
    return True


async def choose(work: Work, fits: Fits, limit: int, consent: frozenset[str] = frozenset()) -> Chosen:
    """The newest events that fit; holds no transaction while Kafka is read. Made-up ones when there are none."""
    await let_go(work)
    try:
        tail = await work.parts.events.newest()
    except EventsUnreadable:
        tail = Tail()
    found = _fitting(tail, work.workspace, fits, limit)
    if found:
        return Chosen(tuple((_id(sample), sample.event) for sample in found))
    examples = example_events(work.workspace, consent)
    return Chosen(tuple((event.event_id or "", event) for event in examples), are_examples=True)


async def show_newest(work: Work, fits: Fits, limit: int) -> SamplesRead:
    """The newest events that fit, as the API shows them; viewers see their shape only."""
    await let_go(work)
    redacted = not work.caller.sees_profiles
    try:
        tail = await work.parts.events.newest()
    except EventsUnreadable as error:
        return SamplesRead(items=[], searched=0, redacted=redacted, trouble=f"Kafka does not answer: {error}")
    items = [
        SampleRead(id=_id(sample), at=sample.at, example=False, event=as_json(sample.event, redacted))
        for sample in _fitting(tail, work.workspace, fits, limit)
    ]
    return SamplesRead(items=items, searched=tail.searched, redacted=redacted)


def as_json(event: ProfileEvent, redacted: bool = False) -> dict[str, Any]:
    """The event as it stands on the topic; redacted, without anything that tells who it is about."""
    shown: dict[str, Any] = msgspec.to_builtins(event)
    if not redacted:
        return shown
    hidden = {name: _shape(shown[name]) for name in _PERSONAL if name in shown}
    return {**shown, "profile_id": "text", **hidden}


def given_events(work: Work, events: Iterable[Mapping[str, Any]]) -> Chosen:
    """Events that the caller wrote, in the form of the topic; raises `InvalidInput` with the place of what is wrong."""
    read: list[tuple[str, ProfileEvent]] = []
    for number, event in enumerate(events):
        whole = {"v": SCHEMA_VERSION, **event, "workspace": work.workspace}
        try:
            one: ProfileEvent = msgspec.convert(whole, MembershipEvent | PlainEvent)
        except msgspec.ValidationError as error:
            fault = Fault(pointer=f"/events/{number}", code="invalid_event", detail=str(error))
            raise InvalidInput("An event does not hold; see `errors`.", faults=(fault,)) from error
        read.append((one.event_id or f"given-{number}", one))
    return Chosen(tuple(read))


def _fitting(tail: Tail, workspace: str, fits: Fits, limit: int) -> list[Sample]:
    mine = (sample for sample in tail.samples if sample.event.workspace == workspace and fits(sample.event))
    return [sample for sample, _ in zip(mine, range(limit), strict=False)]


def _id(sample: Sample) -> str:
    return f"{sample.partition}-{sample.offset}"


def _shape(value: Any) -> Any:
    match value:
        case dict():
            return {name: _shape(child) for name, child in value.items()}
        case list():
            return [_shape(child) for child in value[:1]]
        case _:
            return type_name(value)


def type_name(value: Any) -> str:
    """What kind of value this is, in the words of the console."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case list():
            return "list"
        case dict():
            return "object"
        case _:
            return "text"
