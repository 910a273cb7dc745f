"""What a profile did: a change of membership (a state), or a plain event (not a state)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
_NO_NUL = {"pattern": "^[^\\u0000]*$"}
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=512, extra_json_schema=_NO_NUL)]
ShortText = Annotated[str, msgspec.Meta(max_length=512, extra_json_schema=_NO_NUL)]
"""Part of keys and outcomes, which must stay small whatever the event holds; U+0000 separates the parts of keys."""


class SourceKind(StrEnum):
    """Where a membership comes from."""

    AUDIENCE = "audience"
    JOURNEY = "journey"


class Change(StrEnum):
    """What happened to the profile; `OCCURRED` stands for every plain event."""

    JOINED = "joined"
    LEFT = "left"
    ENTERED = "entered"
    EXITED = "exited"
    OCCURRED = "occurred"

    @property
    def removes(self) -> bool:
        """True for the changes whose accepted delivery ends `removed` instead of `sent`."""
        return self is Change.LEFT or self is Change.EXITED


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """The audience, or the step of a journey, whose membership changed."""

    kind: SourceKind
    id: Name
    step: ShortText | None = None


class MembershipEvent(
    msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="kind", tag="membership"
):
    """A profile joined or left an audience, or entered or exited a journey step.

    `only` names the actions that the event is for, in a resync; empty means every action of the source.
    """

    v: int
    workspace: Name
    profile_id: Name
    occurred_at: AwareDatetime
    source: Source
    change: Change
    only: tuple[str, ...] = ()
    event_id: ShortText | None = None
    identifiers: dict[str, str | None] = {}
    attributes: dict[str, Any] = {}
    consent: tuple[str, ...] | None = None


class PlainEvent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="kind", tag="event"):
    """Something that a profile did, by name; it is not a state, so each one is delivered."""

    v: int
    workspace: Name
    profile_id: Name
    occurred_at: AwareDatetime
    name: Name
    event_id: ShortText | None = None
    identifiers: dict[str, str | None] = {}
    attributes: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    consent: tuple[str, ...] | None = None

    @property
    def change(self) -> Change:
        """A plain event has one kind of change only."""
        return Change.OCCURRED


ProfileEvent = MembershipEvent | PlainEvent


def names_of(event: ProfileEvent) -> dict[str, str | None]:
    """What an event and its keys are known by, by the path of the field."""
    names = {"workspace": event.workspace, "profile_id": event.profile_id, "event_id": event.event_id}
    if isinstance(event, MembershipEvent):
        return {**names, "source.id": event.source.id, "source.step": event.source.step}
    return {**names, "name": event.name}
