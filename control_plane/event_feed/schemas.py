"""Event feeds as they come in and go out."""

from typing import Annotated, Literal

from pydantic import Field

from connectors.records.profile_event import Change
from control_plane.inputs import Input, Name, Text
from control_plane.publishing.source_schemas import MAX_ACTIVATIONS, ActivationInput, SourceRead

EventNames = Annotated[list[Annotated[Text, Field(min_length=1, max_length=512)]], Field(min_length=1, max_length=500)]


class EventFeedActivation(ActivationInput):
    """An action to attach to an event feed, with the changes that trigger it."""

    on: list[Literal[Change.OCCURRED]] = Field(default=[Change.OCCURRED], min_length=1, max_length=1)


Activations = Annotated[list[EventFeedActivation], Field(max_length=MAX_ACTIVATIONS)]


class EventFeedCreate(Input):
    """A new event feed: a draft until it is published."""

    name: Name
    event_names: EventNames = Field(description="The events that belong to the feed, by name.")
    activations: Activations = Field(default_factory=list)


class EventFeedUpdate(Input):
    """What is to change of the draft; lists are replaced as a whole."""

    name: Name | None = None
    event_names: EventNames | None = None
    activations: Activations | None = None


class EventFeedRead(SourceRead):
    """An event feed: its draft, and how far its published version has come."""

    event_names: list[str]
