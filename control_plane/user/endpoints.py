"""`/v1/users`, `/v1/api-keys` and `/v1/me`: who may come in."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from control_plane.access.repeatable import Repeated
from control_plane.access.work import Administering, Viewing
from control_plane.errors import Conflict, InvalidInput, NotFound, documented
from control_plane.inputs import PathId
from control_plane.pagination import Page, Paged
from control_plane.user import repository, service
from control_plane.user.schemas import ApiKeyCreate, ApiKeyMade, ApiKeyRead, Me, UserCreate, UserRead

router = APIRouter(prefix="/v1", tags=["access"])


@router.get("/me", responses=documented())
async def get_me(work: Viewing) -> Me:
    """Whose key this is, and what it may do."""
    user = await service.find_user(work, work.caller.user_id)
    caller = work.caller
    return Me(
        user=service.show_user(user),
        workspace=work.workspace,
        key_id=caller.key_id,
        role=caller.role,
        scopes=None if caller.scopes is None else sorted(caller.scopes),
    )


@router.get("/users", responses=documented(InvalidInput))
async def list_users(work: Viewing, paging: Paged) -> Page[UserRead]:
    """The users of the workspace, oldest first."""
    rows, cursor = await repository.page_of_users(work, paging)
    return paging.page([service.show_user(row) for row in rows], cursor)


@router.post("/users", status_code=201, response_model=UserRead, responses=documented(InvalidInput))
async def create_user(body: UserCreate, work: Administering, repeated: Repeated) -> Response:
    """Make a user; give it a key next."""

    async def create() -> UserRead:
        return service.show_user(await service.create_user(work, body))

    return await repeated.answer(work, create)


@router.get("/users/{user_id}", responses=documented(NotFound))
async def get_user(user_id: PathId, work: Viewing) -> UserRead:
    """A user."""
    return service.show_user(await service.find_user(work, user_id))


@router.post("/users/{user_id}/api-keys", status_code=201, responses=documented(NotFound, InvalidInput))
async def create_api_key(user_id: PathId, body: ApiKeyCreate, work: Administering) -> ApiKeyMade:
    """Make a key for a user. It is in this answer and nowhere else, so the request is not repeatable."""
    return await service.make_api_key(work, user_id, body)


@router.get("/api-keys", responses=documented(InvalidInput))
async def list_api_keys(
    work: Administering, paging: Paged, user_id: Annotated[str | None, Query(pattern="^[a-z0-9_]{1,64}$")] = None
) -> Page[ApiKeyRead]:
    """The keys of the workspace, oldest first."""
    rows, cursor = await repository.page_of_keys(work, paging, user_id)
    return paging.page([service.show_key(row) for row in rows], cursor)


@router.delete("/api-keys/{key_id}", status_code=204, responses=documented(NotFound, Conflict))
async def revoke_api_key(key_id: PathId, work: Administering) -> None:
    """End a key at once."""
    await service.revoke_api_key(work, key_id)
