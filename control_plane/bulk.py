"""One operation on many objects: each succeeds or fails by itself, and the answer says which."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm.exc import StaleDataError

from control_plane.access.work import Work
from control_plane.errors import ApiError, ChangedMeanwhile

MAX_ITEMS = 500
Ids = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]],
    Field(min_length=1, max_length=MAX_ITEMS),
]


class BulkItem(BaseModel):
    """What became of one object; `code` and `detail` are those of the problem that a call for it alone would answer."""

    id: str
    done: bool
    code: str | None = None
    detail: str | None = None


class BulkAnswer(BaseModel):
    """Every object in the order of the request, and how many were done."""

    items: list[BulkItem]
    done: int
    failed: int


async def do_each(work: Work, ids: list[str], operation: Callable[[str], Awaitable[object]]) -> BulkAnswer:
    """Do it to each; what fails is undone alone. In the order of ids, so that two calls never wait for each other."""
    items = {object_id: await _do(work, object_id, operation) for object_id in sorted(set(ids))}
    done = sum(item.done for item in items.values())
    return BulkAnswer(items=[items[key] for key in dict.fromkeys(ids)], done=done, failed=len(items) - done)


async def _do(work: Work, object_id: str, operation: Callable[[str], Awaitable[object]]) -> BulkItem:
    try:
        async with work.session.begin_nested():
            await operation(object_id)
    except ApiError as refused:
        return _refused(object_id, refused)
    except StaleDataError:
        return _refused(object_id, ChangedMeanwhile())
    return BulkItem(id=object_id, done=True)


def _refused(object_id: str, refused: ApiError) -> BulkItem:
    return BulkItem(id=object_id, done=False, code=refused.code, detail=refused.detail)
