"""Sealing everything anew with the newest key of the ring, so that the older keys can be taken away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.kit.errors import InvalidSettings
from connectors.kit.sealing import Sealer
from connectors.records.codec import decode_config
from connectors.records.config import ConfigRecord, ConnectorConfig, CredentialConfig
from control_plane.database.models import Alert, ConfigKey, Connector, Version
from control_plane.publishing.connectors import connector_key
from control_plane.publishing.outbox import emit


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many sealed values are new, and how many config records go out because of it."""

    values: int
    records: int


@dataclass(slots=True)
class Renewal:
    """Old sealed text to new, the same everywhere: so a draft goes on looking like what was published of it."""

    ring: Sealer
    newest: Sealer
    renewed: dict[str, str] = field(default_factory=dict)

    def text(self, sealed: str) -> str:
        """The same secret under the newest key; as it is when it is that already. Raises `InvalidSettings`."""
        if sealed not in self.renewed and not self._is_new(sealed):
            self.renewed[sealed] = self.ring.reseal(sealed)
        return self.renewed.get(sealed, sealed)

    def values(self, secrets: dict[str, Any]) -> dict[str, Any]:
        """Each of them."""
        return {name: self.text(sealed) for name, sealed in secrets.items()}

    def record(self, record: ConfigRecord) -> ConfigRecord:
        """A config record with its sealed values renewed."""
        match record:
            case ConnectorConfig():
                return msgspec.structs.replace(record, secrets=self.values(record.secrets))
            case CredentialConfig():
                return msgspec.structs.replace(record, sealed=self.values(record.sealed))
        return record

    def _is_new(self, sealed: str) -> bool:
        try:
            self.newest.reseal(sealed)
        except InvalidSettings:
            return False
        return True


async def rotate_secrets(session: AsyncSession, keys: Sequence[str]) -> Rotated:
    """Reseal what is stored and what is published, in one transaction; raises `InvalidSettings` if a key is missing.

    Rows are changed without their row versions: nobody's edit becomes stale, and nothing reads as changed.
    """
    renewal = Renewal(Sealer(keys), Sealer(keys[:1]))
    await _renew_connectors(session, renewal)
    await _renew_versions(session, renewal)
    await _renew_alerts(session, renewal)
    records = await _renew_records(session, renewal)
    return Rotated(len(renewal.renewed), records)


async def _renew_connectors(session: AsyncSession, renewal: Renewal) -> None:
    found = await session.execute(select(Connector.id, Connector.secrets).order_by(Connector.id).with_for_update())
    for connector_id, secrets in found.all():
        renewed = renewal.values(secrets)
        if renewed != secrets:
            await session.execute(_table_update(Connector).where(Connector.id == connector_id).values(secrets=renewed))


async def _renew_versions(session: AsyncSession, renewal: Renewal) -> None:
    place = (Version.kind, Version.object_id, Version.number)
    for *key, secrets in (await session.execute(select(*place, Version.secrets))).all():
        renewed = renewal.values(secrets)
        if renewed != secrets:
            here = [column == value for column, value in zip(place, key, strict=True)]
            await session.execute(_table_update(Version).where(*here).values(secrets=renewed))


async def _renew_alerts(session: AsyncSession, renewal: Renewal) -> None:
    sealed = select(Alert.id, Alert.secret).order_by(Alert.id).with_for_update()
    for alert_id, secret in (await session.execute(sealed)).all():
        if secret is not None and renewal.text(secret) != secret:
            renewed = {"secret": renewal.text(secret)}
            await session.execute(_table_update(Alert).where(Alert.id == alert_id).values(renewed))


async def _renew_records(session: AsyncSession, renewal: Renewal) -> int:
    sent_out = 0
    keys = select(ConfigKey.key, ConfigKey.workspace, ConfigKey.value).order_by(ConfigKey.key)
    for key, workspace, value in (await session.execute(keys)).all():
        if value is None:
            continue
        record = decode_config(key.encode(), value)
        renewed = renewal.record(record)
        if renewed != record:
            await _send_out(session, workspace, key, renewed)
            sent_out += 1
    return sent_out


async def _send_out(session: AsyncSession, workspace: str, key: str, record: ConfigRecord) -> None:
    def build(revision: int) -> ConfigRecord:
        return msgspec.structs.replace(record, revision=revision)

    revision = await emit(session, workspace, key, build)
    if isinstance(record, ConnectorConfig):
        here = Connector.id == key.removeprefix(connector_key(""))
        await session.execute(_table_update(Connector).where(here).values(revision=revision))


def _table_update(model: Any) -> Any:
    # On the table and not on the entity, which would count the change as somebody's edit.
    return update(model.__table__)
