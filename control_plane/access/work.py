"""One request at work: its caller, its transaction, and the parts of the program that it may use."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.kit.registry import Registry
from control_plane.access.caller import Caller, Role, Scope, authenticate, authenticate_session, demand
from control_plane.access.key_use import note_use
from control_plane.access.sessions import SessionToken, demand_same_site
from control_plane.parts import Parts

_bearer = HTTPBearer(auto_error=False, description="An API key, `pbk_…`.")


@dataclass(frozen=True, slots=True)
class Work:
    """What a service works with. The transaction is committed after the endpoint and before the answer leaves."""

    caller: Caller
    session: AsyncSession
    parts: Parts
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    own_types: Registry | None = None

    @property
    def types(self) -> Registry:
        """The connector types of the workspace: those of the installation, and its own."""
        return self.own_types or self.parts.registry

    @property
    def workspace(self) -> str:
        """Everything a request sees and does is in its caller's workspace."""
        return self.caller.workspace


def get_parts(request: Request) -> Parts:
    """The parts of this process."""
    parts: Parts = request.app.state.parts
    return parts


def _work_as(role: Role, scope: Scope) -> Callable[..., AsyncIterator[Work]]:
    async def work(
        request: Request,
        parts: Annotated[Parts, Depends(get_parts)],
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        token: SessionToken,
    ) -> AsyncIterator[Work]:
        parts.startup.demand_finished()
        async with parts.database.transaction(write=request.method not in ("GET", "HEAD")) as session:
            if credentials is None and token is not None:
                demand_same_site(request)
                caller = await authenticate_session(session, token)
            else:
                caller = await authenticate(session, credentials.credentials if credentials else None)
            demand(caller, role, scope)
            types = await parts.custom_types.types_of(session, caller.workspace, parts.registry)
            work = Work(caller, session, parts, own_types=types)
            yield work
        parts.relay.wake()
        await note_use(parts.database, caller, work.now)

    return work


# With the scope `function` the commit comes before the answer: a 2xx is never sent for what could not be stored.
Viewing = Annotated[Work, Depends(_work_as(Role.VIEWER, Scope.READ), scope="function")]
Editing = Annotated[Work, Depends(_work_as(Role.EDITOR, Scope.CONFIGURE), scope="function")]
Publishing = Annotated[Work, Depends(_work_as(Role.EDITOR, Scope.PUBLISH), scope="function")]
Operating = Annotated[Work, Depends(_work_as(Role.EDITOR, Scope.OPERATE), scope="function")]
Administering = Annotated[Work, Depends(_work_as(Role.ADMIN, Scope.ADMINISTER), scope="function")]
