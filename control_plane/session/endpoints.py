"""`/v1/session`: signing in to the console with an API key, and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from control_plane.access.sessions import COOKIE, SessionToken, demand_not_cross_site
from control_plane.access.sign_in_limit import TooManyAttempts
from control_plane.access.work import Viewing, get_parts
from control_plane.errors import InvalidInput, documented
from control_plane.parts import Parts
from control_plane.session import service
from control_plane.session.schemas import SessionRead, SignIn

router = APIRouter(prefix="/v1/session", tags=["access"])


@router.post("", status_code=201, responses=documented(InvalidInput, TooManyAttempts))
async def sign_in(
    body: SignIn, request: Request, response: Response, parts: Annotated[Parts, Depends(get_parts)]
) -> SessionRead:
    """Sign in with a key. The answer sets a cookie, with which the console's pages need no key."""
    parts.startup.demand_finished()
    demand_not_cross_site(request)
    address = request.client.host if request.client else ""
    begun = await service.begin(parts, body.api_key, address)
    access = parts.settings.access
    response.set_cookie(
        COOKIE,
        begun.token,
        max_age=access.session_hours * 3600,
        path="/",
        secure=access.secure_cookies or request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return begun.shown


@router.delete("", status_code=204, responses=documented())
async def sign_out(work: Viewing, response: Response, token: SessionToken) -> None:
    """End the session of the cookie, if there is one."""
    await service.end(work, token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
