"""Rotating the key ring: afterwards the newest key alone opens everything, and nothing reads as changed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from connectors.kit.errors import InvalidSettings
from connectors.kit.program_settings import SecretsSettings
from connectors.kit.sealing import Sealer, new_key
from connectors.records.config import ConnectorConfig, CredentialConfig
from control_plane.database.models import Alert, Connector, Version
from control_plane.publishing.key_rotation import Rotated, rotate_secrets
from control_plane.publishing.outbox import emit
from tests.support.plane import SECRET, Plane, plane_settings, running_plane


async def rotate(plane: Plane, *keys: str) -> Rotated:
    """As the command does."""
    async with plane.parts.database.transaction(write=True) as session:
        return await rotate_secrets(session, keys)


async def shown(plane: Plane, *paths: str) -> list[Any]:
    """What admins see, but for the revision that goes out."""
    answers = [await plane.call("GET", path, 200) for path in paths]
    return [
        {name: value for name, value in answer.items() if name not in ("revision", "applied")} for answer in answers
    ]


async def add_credential_and_alert(plane: Plane, sealer: Sealer, connector_id: str) -> None:
    """A refresh token that a worker obtained, and an alert whose channel is signed."""
    sealed = {"refresh_token": sealer.seal(connector_id, "refresh_token", "r-1")}
    now = datetime.now(UTC)

    def credential(revision: int) -> CredentialConfig:
        return CredentialConfig(v=1, workspace="default", id=connector_id, revision=revision, sealed=sealed)

    edited = {"created_at": now, "updated_at": now, "updated_by": "test"}
    plain: dict[str, Any] = {"workspace": "default", "name": "A", "active": True, "condition": {}, "channel": {}}
    signing = sealer.seal("alr_1", "secret", "w")
    async with plane.parts.database.transaction(write=True) as session:
        await emit(session, "default", f"credential:{connector_id}", credential)
        session.add(Alert(id="alr_1", connector_id=None, secret=signing, **plain, **edited))


async def assert_opens_everything(plane: Plane, sealer: Sealer, connector_id: str) -> None:
    """Whatever is sealed, in the tables and on the topic."""
    renewed = plane.topic.latest(f"credential:{connector_id}")
    assert isinstance(renewed, CredentialConfig)
    assert sealer.open(connector_id, "refresh_token", renewed.sealed["refresh_token"]) == "r-1"
    async with plane.parts.database.transaction(write=False) as session:
        for owner, secrets in await session.execute(select(Connector.id, Connector.secrets)):
            assert all(sealer.open(owner, name, value) for name, value in secrets.items())
        for owner, secrets in await session.execute(select(Version.object_id, Version.secrets)):
            assert all(sealer.open(owner, name, value) for name, value in secrets.items())
        assert sealer.open("alr_1", "secret", str(await session.scalar(select(Alert.secret)))) == "w"


async def test_the_newest_key_alone_opens_everything_and_nothing_reads_as_changed(database_url: str) -> None:
    old, new = new_key(), new_key()
    ring = SecretsSettings(keys=(SecretStr(old),))
    async with running_plane(plane_settings(database_url).model_copy(update={"secrets": ring})) as plane:
        live, _ = await plane.live_action()
        changed, _ = await plane.live_action()
        await plane.change("PATCH", f"/v1/connectors/{changed}", 200, {"secrets": {"api_key": "another-secret"}})
        draft = await plane.connector(name="Draft")
        await add_credential_and_alert(plane, Sealer([old]), live)
        paths = [f"/v1/connectors/{key}" for key in (live, changed, draft)]
        before = await shown(plane, *paths)
        revision = (await plane.call("GET", paths[0], 200))["revision"]

        rotated = await rotate(plane, new, old)

        assert rotated == Rotated(values=6, records=3)
        assert await shown(plane, *paths) == before
        assert [item["unpublished_changes"] for item in before] == [False, True, True]
        await plane.relayed()
        record = plane.topic.latest(f"connector:{live}")
        assert isinstance(record, ConnectorConfig)
        assert record.revision == revision + 1 == (await plane.call("GET", paths[0], 200))["revision"]
        assert Sealer([new]).open(live, "api_key", record.secrets["api_key"]) == SECRET
        await assert_opens_everything(plane, Sealer([new]), live)
        assert await rotate(plane, new, old) == Rotated(values=0, records=0)


async def test_without_the_key_that_something_is_sealed_with_nothing_is_changed(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    async with plane.parts.database.transaction(write=False) as session:
        before = (await session.get_one(Connector, connector_id)).secrets
    with pytest.raises(InvalidSettings):
        await rotate(plane, new_key())
    async with plane.parts.database.transaction(write=False) as session:
        assert (await session.get_one(Connector, connector_id)).secrets == before
