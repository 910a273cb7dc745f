"""Connector types that admins have defined; each revision is a version, and connectors name the one that they use."""

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from control_plane.database.columns import Base, Edited


class CustomType(Edited, Base):
    """A custom connector type; its definitions are in `versions`, of which `revision` is the newest."""

    __tablename__ = "custom_types"
    __table_args__ = (UniqueConstraint("workspace", "key"),)

    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), index=True)
    key: Mapped[str]
    label: Mapped[str] = mapped_column(String(80))
    revision: Mapped[int] = mapped_column(Integer)
