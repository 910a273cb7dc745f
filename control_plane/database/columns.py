"""Column types that mean the same on SQLite and on PostgreSQL, and what every table row shares."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Integer, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment; SQLite forgets the zone, so that it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Only moments with a zone are taken."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What was written, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The root of the control plane's own tables."""

    type_annotation_map = {  # SQLAlchemy reads it from the class
        str: String(64),
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


class Edited:
    """What an object that admins edit has: its row version is the ETag, and a concurrent change is refused."""

    id: Mapped[str] = mapped_column(primary_key=True)
    row_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # SQLAlchemy hands in the class
        return {"version_id_col": cls.row_version}
