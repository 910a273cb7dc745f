"""Users and API keys as they come in and go out."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from control_plane.access.caller import Role, Scope
from control_plane.inputs import Input, Moment, Name, Text


class UserCreate(Input):
    """A new user: a person or a program that keys belong to."""

    name: Name
    email: Annotated[Text, Field(min_length=3, max_length=320)] | None = None


class UserRead(BaseModel):
    """A user."""

    id: str
    name: str
    email: str | None
    created_at: datetime


class Me(BaseModel):
    """Who the caller is, and what the key may do."""

    user: UserRead
    workspace: str
    key_id: str
    role: Role
    scopes: list[Scope] | None


def _distinct(scopes: list[Scope]) -> list[Scope]:
    return sorted(set(scopes))


Scopes = Annotated[list[Scope], Field(min_length=1, max_length=len(Scope)), AfterValidator(_distinct)]


class ApiKeyCreate(Input):
    """A new key for a user."""

    name: Name
    role: Role = Role.VIEWER
    expires_at: Moment | None = None
    scopes: Scopes | None = Field(default=None, description="Left out, the key may do all that its role may.")


class ApiKeyRead(BaseModel):
    """A key, without its secret: `prefix` is how it begins."""

    id: str
    user_id: str
    name: str
    prefix: str
    role: Role
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    scopes: list[Scope] | None


class ApiKeyMade(ApiKeyRead):
    """A key that has just been made; `api_key` is shown now and never again."""

    api_key: str
