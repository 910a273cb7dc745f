"""Control planes behind real servers, for whoever talks to them with an HTTP client of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from connectors.kit.registry import Registry
from control_plane.access.first_admin import FirstAdmin
from control_plane.app import assemble, build_parts
from tests.support.ledger import LEDGER, ONE_ONLY
from tests.support.plane import SilentStatuses, WatchedTopic, plane_settings
from tests.support.waiting import eventually


@dataclass(frozen=True)
class ServedPlane:
    """Where it answers, and the first admin's key."""

    url: str
    api_key: str


@contextmanager
def served_plane(folder: Path) -> Iterator[ServedPlane]:
    """A control plane on loopback with a database of its own, and no Kafka behind it."""
    admins: list[FirstAdmin] = []
    settings = plane_settings(f"sqlite:///{folder / 'patchbay.sqlite'}")
    parts = build_parts(settings, WatchedTopic(), Registry((LEDGER, ONE_ONLY)))
    app = assemble(parts, SilentStatuses(), admins.append)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        eventually(lambda: server.started and bool(admins))
        port = server.servers[0].sockets[0].getsockname()[1]
        yield ServedPlane(f"http://127.0.0.1:{port}", admins[0].api_key)
    finally:
        server.should_exit = True
        thread.join()
