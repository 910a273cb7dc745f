"""A control plane for tests: the real application on a real database, with a topic that can be watched and broken."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from connectors.kit.declaration import ConnectorType
from connectors.kit.program_settings import SecretsSettings
from connectors.kit.registry import Registry
from connectors.kit.sealing import new_key
from connectors.records.codec import decode_config
from connectors.records.config import ConfigRecord
from connectors.records.delivery import Outcome
from connectors.records.profile_event import ProfileEvent
from control_plane.access.first_admin import FirstAdmin
from control_plane.app import assemble, build_parts
from control_plane.parts import Parts
from control_plane.publishing.config_topic import KeyedRecord
from control_plane.sample.recent_events import Sample, Tail
from control_plane.settings import ControlPlaneSettings, RelaySettings
from tests.support.databases import patient
from tests.support.ledger import LEDGER, ONE_ONLY
from tests.support.waiting import eventually_true

LEDGER_SETTINGS = {"url": "https://ledger.example"}
SECRET = "s3cret-of-the-ledger"


class WatchedTopic:
    """What the relay has published; `trouble` is raised instead when it is set."""

    def __init__(self) -> None:
        self.records: list[KeyedRecord] = []
        self.trouble: Exception | None = None
        self.opened = 0

    async def open(self) -> None:
        """Count, or refuse."""
        if self.trouble is not None:
            raise self.trouble
        self.opened += 1

    async def publish(self, records: Sequence[KeyedRecord]) -> None:
        """Keep them, or refuse."""
        if self.trouble is not None:
            raise self.trouble
        self.records.extend(records)

    async def close(self) -> None:
        """Nothing is held."""

    def latest(self, key: str) -> ConfigRecord | None:
        """What a reader of the compacted topic has under this key; raises `KeyError` when it never had anything."""
        value = dict(self.records)[key]
        return None if value is None else decode_config(key.encode(), value)


class SilentStatuses:
    """No worker ever reports."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing runs."""
        yield


@dataclass(frozen=True)
class Plane:
    """A running control plane, and a client that signs its requests as the first admin."""

    app: FastAPI
    parts: Parts
    topic: WatchedTopic
    http: httpx.AsyncClient
    admins: list[FirstAdmin] = field(default_factory=list)

    async def call(self, method: str, path: str, status: int, **options: Any) -> Any:
        """The answer's body; fails the test when the status is another one."""
        answer = await self.http.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def etag(self, path: str) -> dict[str, str]:
        """The header that lets a change through."""
        answer = await self.http.get(path)
        return {"If-Match": answer.headers["ETag"]}

    async def change(self, method: str, path: str, status: int, body: Any = None) -> Any:
        """A change of what was just read."""
        return await self.call(method, path, status, json=body, headers=await self.etag(path))

    async def relayed(self) -> None:
        """Returns when nothing waits in the outbox."""

        async def is_empty() -> bool:
            return (await self.call("GET", "/v1/config/relay", 200))["waiting"] == 0

        await eventually_true(is_empty)

    async def connector(self, **changes: Any) -> str:
        """A new connector's id."""
        body = {"type": "ledger", "name": "Ledger EU", "settings": LEDGER_SETTINGS, "secrets": {"api_key": SECRET}}
        return str((await self.call("POST", "/v1/connectors", 201, json=body | changes))["id"])

    async def action(self, connector_id: str, **changes: Any) -> str:
        """A new action's id."""
        body = {"type": "sync_list", "name": "VIPs", "fields": {"list_id": "l_1"}}
        answer = await self.call("POST", f"/v1/connectors/{connector_id}/actions", 201, json=body | changes)
        return str(answer["id"])

    async def audience(self, *action_ids: str, **changes: Any) -> str:
        """A new audience's id."""
        body = {"name": "VIPs", "activations": [{"action_id": action_id} for action_id in action_ids]}
        return str((await self.call("POST", "/v1/audiences", 201, json=body | changes))["id"])

    async def live_action(self) -> tuple[str, str]:
        """A published, activated connector with a published, activated action."""
        connector_id = await self.connector()
        action_id = await self.action(connector_id)
        await self.call("POST", f"/v1/connectors/{connector_id}/publish", 202)
        await self.call("PUT", f"/v1/connectors/{connector_id}/activate", 202)
        await self.call("PUT", f"/v1/actions/{action_id}/activate", 202)
        return connector_id, action_id


def plane_settings(database_url: str, **sections: Any) -> ControlPlaneSettings:
    """Settings with a key ring of their own and a relay that does not dawdle."""
    return ControlPlaneSettings(
        secrets=SecretsSettings(keys=(new_key(),)),
        **{
            "database": patient(database_url),
            "relay": RelaySettings(poll_seconds=0.05, standby_seconds=0.2, retry_seconds=0.1),
            **sections,
        },
    )


class ListedEvents:
    """Recent events as a test lists them; `trouble` is raised instead when it is set."""

    def __init__(self, *events: ProfileEvent) -> None:
        self.events = list(events)
        self.trouble: Exception | None = None

    async def newest(self) -> Tail:
        """The last one listed comes first."""
        if self.trouble is not None:
            raise self.trouble
        samples = [Sample(0, offset, event.occurred_at, event) for offset, event in enumerate(self.events)]
        return Tail(tuple(reversed(samples)), len(samples))


class ListedOutcomes:
    """Recent outcomes as a test lists them; `trouble` is raised instead when it is set."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.trouble: Exception | None = None

    async def newest(self) -> tuple[Outcome, ...]:
        """As they are listed."""
        if self.trouble is not None:
            raise self.trouble
        return tuple(self.outcomes)


@asynccontextmanager
async def running_plane(
    settings: ControlPlaneSettings,
    types: Sequence[ConnectorType] = (LEDGER, ONE_ONLY),
    events: ListedEvents | None = None,
    outcomes: ListedOutcomes | None = None,
) -> AsyncIterator[Plane]:
    """A started control plane; the client is signed in as its first admin."""
    topic, admins = WatchedTopic(), []
    parts = build_parts(settings, topic, Registry(types), events or ListedEvents(), outcomes or ListedOutcomes())
    app = assemble(parts, SilentStatuses(), admins.append)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://plane") as http,
    ):
        await eventually_true(parts.startup.finished.is_set)
        if admins:
            http.headers["Authorization"] = f"Bearer {admins[0].api_key}"
        yield Plane(app, parts, topic, http, admins)
