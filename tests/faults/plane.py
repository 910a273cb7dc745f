"""The control plane of a scene: how it is started, and asked over HTTP."""

import contextlib

import httpx

from connectors.kit.sealing import new_key
from deploy.local.ports import free_port

ADMIN_KEY = "pbk_admin_0123456789abcdef0123456789abcdef"


class Plane:
    """Where it will listen, and what it is started with; the metrics agent takes the same `environment`."""

    def __init__(self, database_url: str, admin_key: str = ADMIN_KEY) -> None:
        port = free_port()
        self._admin_key = admin_key
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            "PATCHBAY_DATABASE__URL": database_url,
            "PATCHBAY_SECRETS__KEYS": new_key(),
            "PATCHBAY_HTTP__PORT": str(port),
            "PATCHBAY_ACCESS__FIRST_ADMIN_KEY": admin_key,
        }

    def client(self) -> httpx.Client:
        """Asks as the first admin."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self._admin_key}"}, timeout=30)


def is_up(http: httpx.Client) -> bool:
    """It answers, and is ready."""
    with contextlib.suppress(httpx.TransportError):
        return http.get("/readyz").is_success
    return False
