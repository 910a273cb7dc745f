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

from control_plane.access.letting_go import let_go
from control_plane.access.work import Work
from control_plane.database.models import IdempotencyKey
from control_plane.errors import ApiError, Conflict

KEPT = timedelta(hours=24)
_RUNNING = 0
"""The status of a key whose request has not ended, or not ended well."""


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
        earlier = await _claim(work, self.key, digest, 201)
        if earlier is None:
            body = (await create()).model_dump_json()
            await self._keep(work, body, 201)
            return self._created(body)
        return _repeated(earlier, digest)

    async def answer_once(self, work: Work, act: Callable[[], Awaitable[BaseModel]]) -> Response:
        """What `act` answers, with status 200, where it does something outside the database that must not happen twice.

        The key is taken before, so that a second request meanwhile, or after a crash, raises `Conflict`. A refusal of
        ours gives the key back. Raises `KeyReused`.
        """
        if self.key is None:
            return self._answer((await act()).model_dump_json(), 200)
        digest = await self._digest()
        earlier = await _claim(work, self.key, digest, _RUNNING)
        if earlier is not None:
            return _repeated(earlier, digest)
        await let_go(work)
        try:
            body = (await act()).model_dump_json()
        except ApiError:
            await work.session.rollback()
            await work.session.delete(await work.session.get_one(IdempotencyKey, (work.workspace, self.key)))
            await let_go(work)
            raise
        await self._keep(work, body, 200)
        return self._answer(body, 200)

    async def _keep(self, work: Work, body: str, status: int) -> None:
        row = await work.session.get_one(IdempotencyKey, (work.workspace, self.key))
        row.body, row.headers, row.status = body, dict(self.response.headers), status

    async def _digest(self) -> str:
        body = await self.request.body()
        return hashlib.sha256(f"{self.request.method} {self.request.url.path}\n".encode() + body).hexdigest()

    def _created(self, body: str) -> Response:
        return self._answer(body, 201)

    def _answer(self, body: str, status: int) -> Response:
        return Response(body, status, dict(self.response.headers), media_type="application/json")


def _repeated(earlier: IdempotencyKey, digest: str) -> Response:
    if earlier.request_digest != digest:
        raise KeyReused("This Idempotency-Key came with another request before; use a new one.")
    if earlier.status == _RUNNING:
        told = "The request with this Idempotency-Key has not ended yet; if it never does, its end is not known."
        raise Conflict(told, code="still_running")
    return Response(earlier.body, earlier.status, earlier.headers, media_type="application/json")


def _repeatable(
    request: Request,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(description="Makes the request repeatable for 24 hours.", min_length=1, max_length=255)
    ] = None,
) -> Repeatable:
    return Repeatable(idempotency_key, request, response)


async def _claim(work: Work, key: str, digest: str, status: int) -> IdempotencyKey | None:
    """`None` when the key is ours now; otherwise what was answered to it."""
    await work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < work.now - KEPT))
    dialect = postgresql if work.session.get_bind().dialect.name == "postgresql" else sqlite
    claim = {"workspace": work.workspace, "key": key, "request_digest": digest, "status": status}
    insert = dialect.insert(IdempotencyKey).values(**claim, headers={}, body="", created_at=work.now)
    claimed = await work.session.execute(insert.on_conflict_do_nothing().returning(IdempotencyKey.key))
    if claimed.scalar_one_or_none() is not None:
        return None
    return await work.session.get_one(IdempotencyKey, (work.workspace, key))


Repeated = Annotated[Repeatable, Depends(_repeatable)]
