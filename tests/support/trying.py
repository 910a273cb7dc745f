"""A control plane whose connectors reach a partner on loopback, for tests of what it sends out itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.catalog.webhook.declaration import CONNECTOR as WEBHOOK
from connectors.kit.program_settings import EgressSettings
from tests.support.partner_server import PartnerServer, running_partner
from tests.support.plane import ListedEvents, Plane, plane_settings, running_plane

TOKEN = 'hush-"token"'


@dataclass(frozen=True)
class Trying:
    """A plane that knows webhooks and may call this machine, a partner that listens, and the events of the topic."""

    plane: Plane
    partner: PartnerServer
    events: ListedEvents

    async def webhook(self, **changes: Any) -> str:
        """The id of a connector that sends to the partner with a bearer token."""
        body = {
            "type": "webhook",
            "name": "Hook",
            "settings": {"url": f"{self.partner.url}/hook", "authentication": "bearer"},
            "secrets": {"token": TOKEN},
        }
        return str((await self.plane.call("POST", "/v1/connectors", 201, json=body | changes))["id"])

    async def action(self, connector_id: str, **changes: Any) -> str:
        """The id of an action that sends one request per event."""
        body = {"type": "send_event", "name": "Send", "mapping": {"body": {"who": "{{ profile.id }}"}}} | changes
        answer = await self.plane.call("POST", f"/v1/connectors/{connector_id}/actions", 201, json=body)
        return str(answer["id"])


@asynccontextmanager
async def trying(database_url: str, *, allow: str = "127.0.0.0/8", types: Any = (WEBHOOK,)) -> AsyncIterator[Trying]:
    """Everything started."""
    events = ListedEvents()
    settings = plane_settings(database_url, egress=EgressSettings(allow=(allow,)))
    async with running_partner() as partner, running_plane(settings, types, events) as plane:
        yield Trying(plane, partner, events)


def sqlite(folder: Path) -> str:
    """A database in a file, where SQL is not what is tested."""
    return f"sqlite:///{folder / 'patchbay.sqlite'}"
