"""Who is calling: the user behind an API key, in a workspace, with a role."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from control_plane.access.keys import read_key
from control_plane.database.models import ApiKey
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


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request runs."""

    workspace: str
    user_id: str
    key_id: str
    role: Role


async def authenticate(session: AsyncSession, token: str | None) -> Caller:
    """The caller behind a bearer token; raises `Unauthorized` without saying which part was wrong."""
    key = read_key(token) if token else None
    if key is None:
        raise Unauthorized("Send an API key: `Authorization: Bearer pbk_…`.")
    row = await session.scalar(select(ApiKey).where(ApiKey.prefix == key.prefix))
    if row is None or not key.matches(row.digest) or not _is_live(row):
        raise Unauthorized("This API key is not known, or no longer valid.")
    return Caller(row.workspace, row.user_id, row.id, Role(row.role))


def demand(caller: Caller, role: Role) -> None:
    """Raises `Forbidden` when the caller's role does not include this one."""
    if not caller.role.includes(role):
        raise Forbidden(f"This needs the role {role.value}; the key has {caller.role.value}.")


def _is_live(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > datetime.now(UTC))
