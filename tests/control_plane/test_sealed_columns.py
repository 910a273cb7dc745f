"""Whatever column holds something sealed, rotating the keys renews it: the columns are found, and not listed."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from connectors.kit.errors import InvalidSettings
from connectors.kit.program_settings import EgressSettings, SecretsSettings
from connectors.kit.sealing import Sealer, looks_sealed, new_key
from connectors.records.config import CredentialConfig
from control_plane.database.columns import Base
from control_plane.publishing.key_rotation import rotate_secrets
from control_plane.publishing.outbox import emit
from tests.support.plane import Plane, plane_settings, running_plane

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CRM = {
    "key": "crm",
    "label": "Our CRM",
    "url": "https://crm.example.org",
    "authentication": {"kind": "header", "name": "X-Key"},
    "body": {"mapping": {"who": "{{ profile.id }}"}},
}
KNOWN = {("connectors", "secrets"), ("versions", "secrets"), ("alerts", "secret"), ("config_keys", "value")}


async def test_after_a_rotation_nothing_in_any_table_needs_an_older_key(database_url: str) -> None:
    old, new = new_key(), new_key()
    ring = SecretsSettings(keys=(SecretStr(old),))
    settings = plane_settings(database_url, egress=EgressSettings(allow=("127.0.0.0/8",)))
    async with running_plane(settings.model_copy(update={"secrets": ring})) as plane:
        await furnish(plane, Sealer([old]))
        await plane.relayed()
        before = await sealed(plane)
        assert {place for place, _ in before} >= KNOWN
        assert all(is_under(old, text) for _, text in before)

        async with plane.parts.database.transaction(write=True) as session:
            await rotate_secrets(session, (new, old))
        await plane.relayed()

        after = await sealed(plane)
        assert {place for place, _ in after} >= KNOWN
        assert [place for place, text in after if not is_under(new, text)] == []


async def furnish(plane: Plane, sealer: Sealer) -> None:
    """Everything in which an admin, or a worker, leaves a secret."""
    live, _ = await plane.live_action()
    await plane.call("POST", "/v1/custom-connector-types", 201, json={"definition": CRM})
    (name,) = (await plane.call("GET", "/v1/connector-types/custom:crm", 200))["secret_fields"]
    custom = await plane.connector(type="custom:crm", name="CRM", settings={}, secrets={name: "key-of-the-crm"})
    await plane.call("POST", f"/v1/connectors/{custom}/publish", 202)
    channel = {"kind": "webhook", "url": "https://hooks.example/in"}
    alert = {"name": "A", "condition": {"kind": "breaker_open"}, "channel": channel, "secret": SIGNING}
    await plane.call("POST", "/v1/alerts", 201, json=alert)
    kept = {"refresh_token": sealer.seal(live, "refresh_token", "r-1")}

    def credential(revision: int) -> CredentialConfig:
        return CredentialConfig(v=1, workspace="default", id=live, revision=revision, sealed=kept)

    async with plane.parts.database.transaction(write=True) as session:
        await emit(session, "default", f"credential:{live}", credential)


async def sealed(plane: Plane) -> list[tuple[tuple[str, str], str]]:
    """Every sealed text with its table and column; what has gone out already is nobody's any more."""
    found: list[tuple[tuple[str, str], str]] = []
    async with plane.parts.database.transaction(write=False) as session:
        for table in Base.metadata.sorted_tables:
            for row in (await session.execute(select(table))).mappings():
                if table.name == "config_outbox" and row["published_at"] is not None:
                    continue
                for column, value in row.items():
                    found += [((table.name, str(column)), text) for text in texts(value) if looks_sealed(text)]
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep, also in JSON that is kept as bytes or text."""
    match value:
        case bytes() if value[:1] in (b"{", b"["):
            yield from texts(json.loads(value))
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case list() | tuple():
            for inner in value:
                yield from texts(inner)


def is_under(key: str, text: str) -> bool:
    """True when this key alone opens it: who may renew it can read it."""
    try:
        Sealer([key]).reseal(text)
    except InvalidSettings:
        return False
    return True
