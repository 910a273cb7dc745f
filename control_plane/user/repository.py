"""All SQL of users and keys."""

from sqlalchemy import select

from control_plane.access.caller import Role, Scope
from control_plane.access.work import Work
from control_plane.database.models import ApiKey, User
from control_plane.pagination import Paging, fetch_page


async def get_user(work: Work, user_id: str) -> User | None:
    """A user of the workspace."""
    return await work.session.scalar(select(User).where(User.id == user_id, User.workspace == work.workspace))


async def page_of_users(work: Work, paging: Paging) -> tuple[list[User], str | None]:
    """Users, oldest first."""
    return await fetch_page(work.session, select(User).where(User.workspace == work.workspace), (User.id,), paging)


async def get_key(work: Work, key_id: str) -> ApiKey | None:
    """A key of the workspace."""
    return await work.session.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.workspace == work.workspace))


async def page_of_keys(work: Work, paging: Paging, user_id: str | None) -> tuple[list[ApiKey], str | None]:
    """Keys, oldest first; revoked ones too."""
    statement = select(ApiKey).where(ApiKey.workspace == work.workspace)
    if user_id is not None:
        statement = statement.where(ApiKey.user_id == user_id)
    return await fetch_page(work.session, statement, (ApiKey.id,), paging)


async def count_other_admin_keys(work: Work, key_id: str) -> int:
    """How many keys that may make others would remain without this one."""
    await work.session.execute(select(User.id).where(User.workspace == work.workspace).with_for_update())
    scopes = await work.session.scalars(
        select(ApiKey.scopes).where(
            ApiKey.workspace == work.workspace,
            ApiKey.role == Role.ADMIN,
            ApiKey.revoked_at.is_(None),
            (ApiKey.expires_at.is_(None)) | (ApiKey.expires_at > work.now),
            ApiKey.id != key_id,
        )
    )
    return sum(narrowed is None or Scope.ADMINISTER in narrowed for narrowed in scopes)
