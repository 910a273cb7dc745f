"""Alerts: what to watch and whom to tell, the state each connector is in, and the messages on their way."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from control_plane.database.columns import Base, Edited


class Alert(Edited, Base):
    """What to watch, of one connector or of all, and whom to tell; `secret` is sealed text."""

    __tablename__ = "alerts"

    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(Boolean)
    connector_id: Mapped[str | None]
    condition: Mapped[dict[str, Any]]
    channel: Mapped[dict[str, Any]]
    secret: Mapped[str | None] = mapped_column(Text)


class AlertState(Base):
    """Whether an alert's condition holds for a connector; a change of it and its message are one transaction."""

    __tablename__ = "alert_states"

    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    connector_id: Mapped[str] = mapped_column(primary_key=True)
    firing: Mapped[bool] = mapped_column(Boolean)
    since: Mapped[datetime]
    detail: Mapped[str] = mapped_column(Text)


class AlertMessage(Base):
    """One change of state, told until it is taken. `leased_until` keeps two processes from telling it at once."""

    __tablename__ = "alert_messages"
    __table_args__ = (Index("ix_alert_messages_alert", "alert_id", "id"), Index("ix_alert_messages_due", "due_at"))

    id: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    trouble: Mapped[str | None] = mapped_column(Text)
