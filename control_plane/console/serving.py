"""Serves the built console: hashed files for ever, the page itself for every address that the API does not use.

Which addresses have a page, the page knows; programs, which do not ask for HTML, are told that there is nothing.
"""

import mimetypes
import re
import secrets
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException

BUILT = Path(__file__).parent / "dist"
FOR_EVER = "public, max-age=31536000, immutable"
NONCE = "%CSP_NONCE%"
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Patchbay</title>
<h1>The console was not built</h1>
<p>The API runs as usual: see <a href="/docs">/docs</a>. The page needs Node.js 20.19 or newer and npm when it is built:
install them, run <code>make console</code>, and restart the control plane.</p></html>"""

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ASSET = re.compile(r"[A-Za-z0-9_.-]+")


class PageAddress(StringConvertor):
    """Every address but those of the API and of hashed files, so that their own answers to bad requests stand."""

    regex = r"(?!v1(?:/|$)|assets/).*"


register_url_convertor("page", PageAddress())


def mount_console(app: FastAPI, built: Path = BUILT) -> None:
    """Add the console behind every other route."""
    router = APIRouter(include_in_schema=False)
    index = built / "index.html"

    @router.get("/assets/{name}")
    def get_asset(name: str, request: Request) -> Response:
        file = built / "assets" / name
        if not _ASSET.fullmatch(name) or not file.is_file():
            raise HTTPException(404, "There is no such file.")
        return _asset(file, request.headers.get("accept-encoding", ""))

    @router.get("/{address:page}")
    def get_page(address: str, request: Request) -> Response:
        if address and "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404, "There is no such resource.")
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, status_code=503 if address else 200, headers=_page_headers("none"))
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(index.read_text("utf-8").replace(NONCE, nonce), headers=_page_headers(nonce))

    app.include_router(router)


def _page_headers(nonce: str) -> dict[str, str]:
    return {**_HEADERS, "Content-Security-Policy": _POLICY.format(nonce=nonce), "Cache-Control": "no-cache"}


def _asset(file: Path, accepted: str) -> Response:
    compressed = file.with_name(f"{file.name}.gz")
    headers = {**_HEADERS, "Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in accepted and compressed.is_file():
        headers["Content-Encoding"] = "gzip"
        content = compressed.read_bytes()
    else:
        content = file.read_bytes()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(content, headers=headers, media_type=media_type)
