"""Jobs that admins have the workers do, and the commands on their way to Kafka."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from control_plane.database.columns import Base


class Job(Base):
    """A replay. `number` is the run that its outcomes carry; `last_letter` is how far its selection has been sent."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_workspace", "workspace", "number"),
        Index("ix_jobs_state", "state"),
        {"sqlite_autoincrement": True},  # numbers are never given twice, also when the newest job is deleted
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    selection: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any]]
    newest_letter: Mapped[str]
    last_letter: Mapped[str]
    handed_over: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    worked_at: Mapped[datetime | None]


class JobCommand(Base):
    """A command on its way to Kafka, written with the progress of its job; without a partition it is for every one.

    `mark` names it on the topic; it is never given twice, also when the database is restored from a copy.
    """

    __tablename__ = "job_commands"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    mark: Mapped[str]
    job_id: Mapped[str]
    partition: Mapped[int | None] = mapped_column(Integer)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
