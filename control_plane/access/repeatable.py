"""Idempotency-Key on creations: the answer is stored with what it tells of, in one transaction, for 24 hours."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from control_plane.access.work import Work
from control_plane.database.models import IdempotencyKey
from control_plane.errors import ApiError

KEPT = timedelta(hours=24)


class KeyReused(ApiError):
    """The key came before, with another request."""

    status = 422
    title = "Idempotency-Key reused"
    default_code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A creation that may be sent twice. A second one that overlaps with the first waits for it and gets its answer."""

    key: str | None
    request: Request
    response: Response

    async def answer(self, work: Work, create: Callable[[], Awaitable[BaseModel]]) -> Response:
        """What `create` answers, with status 201; or what it answered when the key came first. Raises `KeyReused`."""
        if self.key is None:
            return self._created((await create()).model_dump_json())
        digest = await self._digest()
        earlier = await _claim(work, self.key, digest)
        if earlier is None:
            body = (await create()).model_dump_json()
            await self._keep(work, body)
            return self._created(body)
        if earlier.request_digest != digest:
            raise KeyReused("This Idempotency-Key came with another request before; use a new one.")
        return Response(earlier.body, earlier.status, earlier.headers, media_type="application/json")

    async def _keep(self, work: Work, body: str) -> None:
        row = await work.session.get_one(IdempotencyKey, (work.workspace, self.key))
        row.body, row.headers = body, dict(self.response.headers)

    async def _digest(self) -> str:
        body = await self.request.body()
        return hashlib.sha256(f"{self.request.method} {self.request.url.path}\n".encode() + body).hexdigest()

    def _created(self, body: str) -> Response:
        return Response(body, 201, dict(self.response.headers), media_type="application/json")


def _repeatable(
    request: Request,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(description="Makes the request repeatable for 24 hours.", min_length=1, max_length=255)
    ] = None,
) -> Repeatable:
    return Repeatable(idempotency_key, request, response)


async def _claim(work: Work, key: str, digest: str) -> IdempotencyKey | None:
    """`None` when the key is ours now; otherwise what was answered to it."""
    await work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < work.now - KEPT))
    dialect = postgresql if work.session.get_bind().dialect.name == "postgresql" else sqlite
    claim = {"workspace": work.workspace, "key": key, "request_digest": digest, "status": 201}
    insert = dialect.insert(IdempotencyKey).values(**claim, headers={}, body="", created_at=work.now)
    claimed = await work.session.execute(insert.on_conflict_do_nothing().returning(IdempotencyKey.key))
    if claimed.scalar_one_or_none() is not None:
        return None
    return await work.session.get_one(IdempotencyKey, (work.workspace, key))


Repeated = Annotated[Repeatable, Depends(_repeatable)]
