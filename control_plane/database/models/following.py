"""What workers reported through Kafka, kept for a while: dead letters, deliveries, attempts; how far it is read.

Ids begin with the moment of the record, so that ordering by id is ordering by time. `…_hash` columns are for looking
up exactly one text of any length.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from control_plane.database.columns import Base


class FollowedPosition(Base):
    """How far a partition has been read; advanced by compare-and-set in the transaction that stores its records."""

    __tablename__ = "followed_positions"

    topic: Mapped[str] = mapped_column(String(249), primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    next_offset: Mapped[int] = mapped_column(BigInteger)


class KeptDeadLetter(Base):
    """A dead letter. `job_number` is the job that has sent it again; only deliveries with a readable event can be."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("ix_dead_letters_workspace", "workspace", "id"),
        Index("ix_dead_letters_connector", "workspace", "connector_id", "id"),
        Index("ix_dead_letters_delivery", "workspace", "delivery_id"),
        Index("ix_dead_letters_profile", "workspace", "profile_hash"),
        Index("ix_dead_letters_event", "workspace", "event_hash"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str]
    at: Mapped[datetime]
    topic: Mapped[str] = mapped_column(String(249))
    partition: Mapped[int] = mapped_column(Integer)
    offset: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    detail: Mapped[str] = mapped_column(Text)
    connector_id: Mapped[str | None]
    action_id: Mapped[str | None]
    delivery_id: Mapped[str | None]
    profile_id: Mapped[str | None] = mapped_column(Text)
    profile_hash: Mapped[str | None]
    event_id: Mapped[str | None] = mapped_column(Text)
    event_hash: Mapped[str | None]
    change: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(32))
    partner_code: Mapped[str | None]
    run: Mapped[int] = mapped_column(Integer)
    appended_at: Mapped[int] = mapped_column(BigInteger)
    replayable: Mapped[bool] = mapped_column(Boolean)
    job_number: Mapped[int | None] = mapped_column(Integer)
    record_bytes: Mapped[int] = mapped_column(Integer)
    record: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class KeptAttempt(Base):
    """An exchange with a partner: every failed one, a sample of the accepted ones, and those it has more to say of."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_workspace", "workspace", "id"),
        Index("ix_attempts_delivery", "workspace", "delivery_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str]
    delivery_id: Mapped[str]
    at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(Integer)
    run: Mapped[int] = mapped_column(Integer)
    config_version: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(32))
    final: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None]
    partner_code: Mapped[str | None]
    http_status: Mapped[int | None] = mapped_column(Integer)
    latency_ms: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime | None]
    detail: Mapped[str | None] = mapped_column(Text)
    request: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    response: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class KeptDelivery(Base):
    """A delivery as its latest attempt left it; `last_id` is the id of that attempt."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_workspace", "workspace", "last_id"),
        Index("ix_deliveries_connector", "workspace", "connector_id", "last_id"),
        Index("ix_deliveries_profile", "workspace", "profile_hash"),
        Index("ix_deliveries_event", "workspace", "event_hash"),
    )

    workspace: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    last_id: Mapped[str]
    last_at: Mapped[datetime]
    profile_id: Mapped[str] = mapped_column(Text)
    profile_hash: Mapped[str]
    event_id: Mapped[str | None] = mapped_column(Text)
    event_hash: Mapped[str | None]
    connector_id: Mapped[str]
    action_id: Mapped[str]
    change: Mapped[str | None] = mapped_column(String(16))
    partition: Mapped[int] = mapped_column(Integer)
    offset: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer)
    run: Mapped[int] = mapped_column(Integer)
    config_version: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(32))
    final: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None]
    partner_code: Mapped[str | None]
    http_status: Mapped[int | None] = mapped_column(Integer)
    latency_ms: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime | None]
