"""Sessions as they come in and go out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from control_plane.access.caller import Role, Scope
from control_plane.inputs import Input, Text


class SignIn(Input):
    """The key to sign in with; it is not kept in the browser."""

    api_key: Annotated[Text, Field(min_length=1, max_length=500)]


class SessionRead(BaseModel):
    """Who is signed in, and until when; the session itself is in a cookie that no script can read."""

    user_id: str
    workspace: str
    role: Role
    scopes: list[Scope] | None
    expires_at: datetime
