"""A partner on loopback for tests of the control plane: a real HTTP server that keeps what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PartnerServer:
    """A listening partner; `answering` may be replaced while it runs."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answering: Answering | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, and answer."""
        self.heard.append(Heard(request.method, request.path_qs, dict(request.headers), await request.read()))
        if self.answering is not None:
            return await self.answering(request)
        return web.json_response({"ok": True})


@asynccontextmanager
async def running_partner() -> AsyncIterator[PartnerServer]:
    """A partner at any free port."""
    partner = PartnerServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", partner.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = site._server  # the only way to the port that was given
    assert isinstance(server, asyncio.Server)
    partner.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield partner
    finally:
        await runner.cleanup()
