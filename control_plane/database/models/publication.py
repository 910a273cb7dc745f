"""What is published: versions, who uses which action, the record of each key, and the outbox to Kafka."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from control_plane.database.columns import Base


class Version(Base):
    """An immutable snapshot of what was published; sealed secrets stand apart, since key rotation seals them anew."""

    __tablename__ = "versions"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    snapshot: Mapped[dict[str, Any]]
    secrets: Mapped[dict[str, Any]]
    note: Mapped[str | None] = mapped_column(Text)
    reverted_to: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Use(Base):
    """An action that the draft or the published version of a source holds; rewritten whenever either changes."""

    __tablename__ = "uses"
    __table_args__ = (Index("ix_uses_action", "action_id"), Index("ix_uses_connector", "connector_id"))

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    connector_id: Mapped[str]
    action_id: Mapped[str]


class ConfigKey(Base):
    """What `connector-config` must hold under a key; a tombstone has no value. Rows stay, so revisions only grow."""

    __tablename__ = "config_keys"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    revision: Mapped[int] = mapped_column(Integer)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)


class OutboxRow(Base):
    """A record on its way to Kafka, written in the transaction of the change that it tells of."""

    __tablename__ = "config_outbox"
    __table_args__ = (Index("ix_config_outbox_waiting", "published_at", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
