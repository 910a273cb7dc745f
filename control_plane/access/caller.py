"""Who is calling: the user behind an API key, in a workspace, with a role."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from control_plane.access.keys import read_key
from control_plane.access.sessions import digest_of
from control_plane.database.models import ApiKey, Session
from control_plane.errors import Forbidden, Unauthorized


class Role(StrEnum):
    """What a key may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """True when whoever has this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Scope(StrEnum):
    """What a key may be narrowed down to, within its role; a key without scopes may do all that its role may."""

    READ = "read"
    CONFIGURE = "configure"
    PUBLISH = "publish"
    OPERATE = "operate"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request runs."""

    workspace: str
    user_id: str
    key_id: str
    role: Role
    scopes: frozenset[Scope] | None = None
    used_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def sees_profiles(self) -> bool:
        """Values of profiles are shown to editors and admins; a viewer sees their shape only."""
        return self.role.includes(Role.EDITOR)


async def authenticate(session: AsyncSession, token: str | None) -> Caller:
    """The caller behind a bearer token; raises `Unauthorized` without saying which part was wrong."""
    key = read_key(token) if token else None
    if key is None:
        raise Unauthorized("Send an API key: `Authorization: Bearer pbk_…`.")
    row = await session.scalar(select(ApiKey).where(ApiKey.prefix == key.prefix))
    if row is None or not key.matches(row.digest) or not _is_live(row):
        raise Unauthorized("This API key is not known, or no longer valid.")
    return _caller(row)


async def authenticate_session(session: AsyncSession, token: str) -> Caller:
    """The caller behind the token of a session, as long as it and its key are valid; raises `Unauthorized`."""
    signed_in = select(ApiKey).join(Session, Session.key_id == ApiKey.id)
    mine = (Session.id == digest_of(token), Session.expires_at > datetime.now(UTC))
    row = await session.scalar(signed_in.where(*mine))
    if row is None or not _is_live(row):
        raise Unauthorized("The session has ended; sign in again.")
    return _caller(row)


def demand(caller: Caller, role: Role, scope: Scope) -> None:
    """Raises `Forbidden` when the caller's role does not include this one, or its scopes do not."""
    if not caller.role.includes(role):
        raise Forbidden(f"This needs the role {role.value}; the key has {caller.role.value}.")
    if caller.scopes is not None and scope not in caller.scopes:
        raise Forbidden(f"This needs the scope {scope.value}, which the key lacks.", code="scope_missing")


def _caller(row: ApiKey) -> Caller:
    return Caller(
        workspace=row.workspace,
        user_id=row.user_id,
        key_id=row.id,
        role=Role(row.role),
        scopes=None if row.scopes is None else frozenset(map(Scope, row.scopes)),
        used_at=row.last_used_at,
        expires_at=row.expires_at,
    )


def _is_live(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > datetime.now(UTC))
