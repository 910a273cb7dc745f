"""Serves the control plane with uvicorn."""

import socket

import uvicorn

from control_plane.access.first_admin import FirstAdmin
from control_plane.app import build_app
from control_plane.settings import ControlPlaneSettings
from deploy.errors import CannotRun
from deploy.local.ports import holder_of
from deploy.logs import configure_logging

GRACE_SECONDS = 5


def serve(settings: ControlPlaneSettings) -> None:
    """Returns when it has been told to stop; raises `CannotRun` when the port is taken, `InvalidSettings`."""
    configure_logging(settings)
    chosen = settings.access.first_admin_key is not None
    app = build_app(settings, announce=_say_nothing if chosen else _show)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, loop="uvloop", timeout_graceful_shutdown=GRACE_SECONDS)
    )
    with _listen(settings.http.host, settings.http.port) as listener:
        server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        holder = holder_of(port)
        raise CannotRun(
            f"The control plane cannot listen on {host}:{port}: {error.strerror}{f', by {holder}' if holder else ''}. "
            "PATCHBAY_HTTP__PORT chooses another port."
        ) from error


def _show(admin: FirstAdmin) -> None:
    print(f"The first admin's API key, shown this once: {admin.api_key}", flush=True)  # noqa: T201  # to the terminal, and in no log


def _say_nothing(_admin: FirstAdmin) -> None:
    """Whoever chose the key knows it."""
