"""Workspaces as they come in and go out."""

from datetime import datetime

from pydantic import BaseModel

from control_plane.inputs import Input, Name


class WorkspaceUpdate(Input):
    """What is to change."""

    name: Name


class WorkspaceRead(BaseModel):
    """A workspace; `id` is what records carry as `workspace`."""

    id: str
    name: str
    row_version: int
    created_at: datetime
