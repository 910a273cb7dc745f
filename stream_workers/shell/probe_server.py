"""What operators ask a worker over HTTP: `/metrics`, `/livez`, `/readyz`, `/version`."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Checks = Callable[[], dict[str, bool]]


class ProbeServer:
    """A small server of its own; `checks` says by name what readiness needs."""

    def __init__(self, registry: CollectorRegistry, checks: Checks, version: str) -> None:
        self._registry = registry
        self._checks = checks
        self._version = version
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one. Raises `OSError` when the port is taken."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/version", self._show_version),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _livez(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        checks = self._checks()
        return web.json_response({"checks": checks}, status=200 if all(checks.values()) else 503)

    async def _show_version(self, _request: web.Request) -> web.Response:
        return web.json_response({"version": self._version})
