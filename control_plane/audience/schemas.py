"""Audiences as they come in and go out."""

from typing import Annotated, Literal

from pydantic import Field

from connectors.records.profile_event import Change
from control_plane.inputs import Input, Key, Name
from control_plane.publishing.source_schemas import MAX_ACTIVATIONS, ActivationInput, SourceRead


class AudienceActivation(ActivationInput):
    """An action to attach to an audience, with the changes that trigger it."""

    on: list[Literal[Change.JOINED, Change.LEFT]] = Field(
        default=[Change.JOINED, Change.LEFT], min_length=1, max_length=2
    )


Activations = Annotated[list[AudienceActivation], Field(max_length=MAX_ACTIVATIONS)]


class AudienceCreate(Input):
    """A new audience: a draft until it is published."""

    name: Name
    source_id: Key | None = Field(
        default=None, description="What events carry as `source.id`; the generated id when left out. It never changes."
    )
    activations: Activations = Field(default_factory=list)


class AudienceUpdate(Input):
    """What is to change of the draft; lists are replaced as a whole."""

    name: Name | None = None
    activations: Activations | None = None


class AudienceRead(SourceRead):
    """An audience: its draft, and how far its published version has come."""

    source_id: str
