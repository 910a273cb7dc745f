"""What audiences, journeys and event feeds have in common as they come in and go out."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, computed_field

from connectors.records.profile_event import Change
from control_plane.inputs import Input, Key


class AppliedRead(BaseModel):
    """On how many live workers the newest record is in force, of how many."""

    on: int
    of: int


class ActivationRead(BaseModel):
    """An action attached to a source, with the changes that trigger it."""

    connector_id: str
    action_id: str
    on: list[Change]
    step: str | None = None


class ActivationInput(Input):
    """An action to attach; without `on`, every change triggers it."""

    action_id: Key


class SourceRead(BaseModel):
    """What every source shows: its draft, and how far its published version has come."""

    id: str
    name: str
    activations: list[ActivationRead]
    published_version: int | None
    unpublished_changes: bool

    @computed_field  # type: ignore[prop-decorator]  # pydantic's way, mypy knows none
    @property
    def stage(self) -> Literal["draft", "live", "live_with_draft_changes"]:
        """What is live goes on as it was published, until its changes are published too."""
        if self.published_version is None:
            return "draft"
        return "live_with_draft_changes" if self.unpublished_changes else "live"

    revision: int
    applied: AppliedRead
    row_version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


MAX_ACTIVATIONS = 500
