"""Who may do what, and who did what: workspaces, users, API keys, the audit log, answers kept for repeated requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from control_plane.database.columns import Base, Edited


class Workspace(Edited, Base):
    """A tenant; nothing of one is visible from another."""

    __tablename__ = "workspaces"

    name: Mapped[str] = mapped_column(String(200))


class User(Edited, Base):
    """A person, or a program, that keys belong to."""

    __tablename__ = "users"

    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))


class ApiKey(Base):
    """A key, of which only the digest is kept; `prefix` finds it, and names it in lists."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class Session(Base):
    """A browser that is signed in with a key, and for no longer than the key is valid; `id` is the token's digest."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Favourite(Base):
    """A connector that a user wants to find first."""

    __tablename__ = "favourites"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    connector_id: Mapped[str] = mapped_column(
        ForeignKey("connectors.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AuditEntry(Base):
    """One change, with what was there before and after; secrets are masked."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_object", "workspace", "kind", "object_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    at: Mapped[datetime]
    user_id: Mapped[str]
    key_id: Mapped[str]
    change: Mapped[str]
    kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


class IdempotencyKey(Base):
    """The answer to a creation, for whoever repeats the request with the same key."""

    __tablename__ = "idempotency_keys"

    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_digest: Mapped[str]
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[dict[str, Any]]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
