"""The first start: a default workspace, its first user, and the key that everything else is made with."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.kit.errors import InvalidSettings
from control_plane.access.caller import Role
from control_plane.access.keys import PlainKey, make_key, read_key
from control_plane.database.models import ApiKey, User, Workspace
from control_plane.ids import new_id
from control_plane.settings import AccessSettings

DEFAULT_WORKSPACE = "default"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Returned once, when it has been made."""

    workspace: str
    api_key: str = field(repr=False)


async def ensure_first_admin(session: AsyncSession, settings: AccessSettings) -> FirstAdmin | None:
    """Make the default workspace with an admin and a key; `None` when there is a workspace already.

    Raises `InvalidSettings` when the key that the settings name does not have the form of one.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("LOCK TABLE workspaces IN SHARE ROW EXCLUSIVE MODE"))
    if await session.scalar(select(Workspace.id).limit(1)) is not None:
        return None
    key = _chosen_key(settings) or make_key()
    await _add(session, key)
    return FirstAdmin(DEFAULT_WORKSPACE, key.text)


def _chosen_key(settings: AccessSettings) -> PlainKey | None:
    if settings.first_admin_key is None:
        return None
    key = read_key(settings.first_admin_key.get_secret_value())
    if key is None:
        raise InvalidSettings("PATCHBAY_ACCESS__FIRST_ADMIN_KEY must read pbk_<4-16 characters>_<24 or more>.")
    return key


async def _add(session: AsyncSession, key: PlainKey) -> None:
    now, user_id = datetime.now(UTC), new_id("usr")
    edited = {"created_at": now, "updated_at": now, "updated_by": "first_start"}
    session.add(Workspace(id=DEFAULT_WORKSPACE, name="Default", **edited))
    await session.flush()
    session.add(User(id=user_id, workspace=DEFAULT_WORKSPACE, name="First admin", email=None, **edited))
    await session.flush()
    session.add(
        ApiKey(
            id=new_id("key"),
            workspace=DEFAULT_WORKSPACE,
            user_id=user_id,
            name="First admin key",
            prefix=key.prefix,
            digest=key.digest,
            role=Role.ADMIN,
            created_at=now,
            created_by="first_start",
        )
    )
