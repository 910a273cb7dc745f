"""The rules of users and keys."""

from control_plane.access.audit import record_change
from control_plane.access.caller import Role
from control_plane.access.keys import make_key
from control_plane.access.work import Work
from control_plane.database.models import ApiKey, User
from control_plane.errors import Conflict, NotFound
from control_plane.ids import new_id
from control_plane.user import repository
from control_plane.user.schemas import ApiKeyCreate, ApiKeyMade, ApiKeyRead, UserCreate, UserRead


async def find_user(work: Work, user_id: str) -> User:
    """The user; raises `NotFound`."""
    row = await repository.get_user(work, user_id)
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return row


async def create_user(work: Work, body: UserCreate) -> User:
    """A new user, without a key yet."""
    row = User(
        id=new_id("usr"),
        workspace=work.workspace,
        name=body.name,
        email=body.email,
        created_at=work.now,
        updated_at=work.now,
        updated_by=work.caller.user_id,
    )
    work.session.add(row)
    await work.session.flush()
    record_change(work, "created", "user", row.id, after={"name": row.name, "email": row.email})
    return row


async def make_api_key(work: Work, user_id: str, body: ApiKeyCreate) -> ApiKeyMade:
    """A new key for a user; its secret is in this answer only."""
    user = await find_user(work, user_id)
    key = make_key()
    row = ApiKey(
        id=new_id("key"),
        workspace=work.workspace,
        user_id=user.id,
        name=body.name,
        prefix=key.prefix,
        digest=key.digest,
        role=body.role,
        created_at=work.now,
        created_by=work.caller.user_id,
        expires_at=body.expires_at,
        scopes=body.scopes,
    )
    work.session.add(row)
    await work.session.flush()
    told = {"name": row.name, "role": row.role, "user_id": user.id, "prefix": row.prefix, "scopes": row.scopes}
    record_change(work, "created", "api_key", row.id, after=told)
    return ApiKeyMade(**show_key(row).model_dump(), api_key=key.text)


async def revoke_api_key(work: Work, key_id: str) -> None:
    """End a key at once; raises `Conflict` for the last admin key, since nobody could make another."""
    row = await repository.get_key(work, key_id)
    if row is None:
        raise NotFound(f"There is no API key {key_id}.")
    if row.revoked_at is not None:
        return
    if row.role == Role.ADMIN and not await repository.count_other_admin_keys(work, row.id):
        raise Conflict("This is the last admin key; make another one first.", code="last_admin_key")
    row.revoked_at = work.now
    record_change(work, "revoked", "api_key", row.id, before={"name": row.name, "role": row.role})


def show_user(row: User) -> UserRead:
    """As an answer."""
    return UserRead(id=row.id, name=row.name, email=row.email, created_at=row.created_at)


def show_key(row: ApiKey) -> ApiKeyRead:
    """As an answer, without anything that would let one in."""
    return ApiKeyRead.model_validate(row, from_attributes=True)
