"""The cookie of a session: its token, and the proof that a request with it comes from our own pages."""

import hashlib
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie

from control_plane.errors import Forbidden

COOKIE = "patchbay_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

SessionToken = Annotated[
    str | None, Depends(APIKeyCookie(name=COOKIE, auto_error=False, description="Set by `POST /v1/session`."))
]


def make_token() -> str:
    """A fresh one, of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is kept instead."""
    return hashlib.sha256(token.encode()).hexdigest()


def demand_same_site(request: Request) -> None:
    """Raises `Forbidden` unless the browser says that one of our own pages makes this change."""
    if request.method not in _SAFE and _comes_from_us(request) is not True:
        raise Forbidden("A change with a session cookie must come from the console's own pages.", code="cross_site")


def demand_not_cross_site(request: Request) -> None:
    """Raises `Forbidden` when a browser says that a page of somebody else makes this request."""
    if _comes_from_us(request) is False:
        raise Forbidden("Sign in from the console's own pages.", code="cross_site")


def _comes_from_us(request: Request) -> bool | None:
    """`None` when nothing is said. Browsers send these headers themselves; a page cannot change them."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is not None:
        return _host_of(origin) == request.headers.get("host", "")
    return None


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
