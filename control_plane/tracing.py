"""Around every request: a trace id, its duration, and a limit to the size of its body."""

import re
import secrets
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_plane.telemetry import Telemetry

MAX_BODY_BYTES = 2 * 1024 * 1024
_TRACEPARENT = re.compile(rb"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


class Tracing:
    """Plain ASGI, so that nothing is buffered; the trace id is taken from `traceparent` or made."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = _trace_id(scope)
        scope.setdefault("state", {})["trace_id"] = trace_id
        started, status = time.monotonic(), 500

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-trace-id", trace_id.encode())]
            await send(message)

        try:
            await self._app(scope, _bounded(receive), send_traced)
        finally:
            route: Any = scope.get("route")
            path = getattr(route, "path", "unknown")
            self._telemetry.request_answered(scope["method"], path, status, time.monotonic() - started)


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise HTTPException(413, f"A request body may have at most {MAX_BODY_BYTES} bytes.")
        return message

    return receive_bounded


def _trace_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"traceparent" and (match := _TRACEPARENT.match(value)):
            return match.group(1).decode()
    return secrets.token_hex(16)
