"""What admins configure: connectors with actions, and what actions listen to; drafts, with their operational state."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from control_plane.database.columns import Base, Edited


class Connector(Edited, Base):
    """A configured instance of a connector type; `secrets` holds sealed text only, `resumed_at` unix milliseconds."""

    __tablename__ = "connectors"

    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), index=True)
    type: Mapped[str]
    name: Mapped[str] = mapped_column(String(200))
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[dict[str, Any]]
    identifiers: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    limits: Mapped[dict[str, Any]]
    labels: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(Boolean, default=False)
    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    resumed_at: Mapped[int | None] = mapped_column(BigInteger)
    activation: Mapped[int] = mapped_column(Integer, default=0)
    published_version: Mapped[int | None]
    revision: Mapped[int] = mapped_column(Integer, default=0)


class Action(Edited, Base):
    """One configured use of an action type. A removed one stays, so that its activations are never counted anew."""

    __tablename__ = "actions"

    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), index=True)
    connector_id: Mapped[str] = mapped_column(ForeignKey("connectors.id", ondelete="CASCADE"), index=True)
    type: Mapped[str]
    name: Mapped[str] = mapped_column(String(200))
    fields: Mapped[dict[str, Any]]
    mapping: Mapped[dict[str, Any]]
    consent: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(Boolean, default=False)
    activation: Mapped[int] = mapped_column(Integer, default=0)
    removed: Mapped[bool] = mapped_column(Boolean, default=False)


class SourceColumns(Edited):
    """What audiences, journeys and event feeds share: a name, and the actions attached to them."""

    name: Mapped[str] = mapped_column(String(200))
    activations: Mapped[list[dict[str, Any]]]
    published_version: Mapped[int | None]
    revision: Mapped[int] = mapped_column(Integer, default=0)

    @declared_attr
    def workspace(cls) -> Mapped[str]:
        """The tenant."""
        return mapped_column(ForeignKey("workspaces.id"), index=True)


class Audience(SourceColumns, Base):
    """A set of profiles; events name it by `source_id`."""

    __tablename__ = "audiences"
    __table_args__ = (UniqueConstraint("workspace", "source_id"),)

    source_id: Mapped[str] = mapped_column(String(200))


class Journey(SourceColumns, Base):
    """An ordered path of steps; events name it by `source_id`, and the step by its id."""

    __tablename__ = "journeys"
    __table_args__ = (UniqueConstraint("workspace", "source_id"),)

    source_id: Mapped[str] = mapped_column(String(200))
    steps: Mapped[list[dict[str, Any]]]


class EventFeed(SourceColumns, Base):
    """A named set of event names."""

    __tablename__ = "event_feeds"

    event_names: Mapped[list[str]]
