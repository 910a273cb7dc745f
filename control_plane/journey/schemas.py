"""Journeys as they come in and go out."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from connectors.records.profile_event import Change
from control_plane.inputs import Input, Key, Name
from control_plane.publishing.source_schemas import MAX_ACTIVATIONS, ActivationInput, SourceRead


class JourneyStep(Input):
    """One step of the path; `id` is what events carry as `source.step`."""

    id: Key
    name: Name


def _distinct(steps: list[JourneyStep]) -> list[JourneyStep]:
    if len({step.id for step in steps}) < len(steps):
        raise ValueError("two steps have the same id")
    return steps


Steps = Annotated[list[JourneyStep], Field(max_length=500), AfterValidator(_distinct)]


class JourneyActivation(ActivationInput):
    """An action to attach to a journey, with the changes that trigger it."""

    on: list[Literal[Change.ENTERED, Change.EXITED]] = Field(
        default=[Change.ENTERED, Change.EXITED], min_length=1, max_length=2
    )
    step: Key | None = Field(default=None, description="Left out, it listens to every step.")


Activations = Annotated[list[JourneyActivation], Field(max_length=MAX_ACTIVATIONS)]


class JourneyCreate(Input):
    """A new journey: a draft until it is published."""

    name: Name
    source_id: Key | None = Field(
        default=None, description="What events carry as `source.id`; the generated id when left out. It never changes."
    )
    steps: Steps = Field(default_factory=list)
    activations: Activations = Field(default_factory=list)


class JourneyUpdate(Input):
    """What is to change of the draft; lists are replaced as a whole."""

    name: Name | None = None
    steps: Steps | None = None
    activations: Activations | None = None


class JourneyRead(SourceRead):
    """A journey: its draft, and how far its published version has come."""

    source_id: str
    steps: list[JourneyStep]
