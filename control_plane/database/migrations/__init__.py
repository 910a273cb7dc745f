"""Tables made and changed by alembic, which alone creates tables: the control plane's own and the metrics'."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from control_plane.database.engine import Database

_LOCK = 0x70617463686261  # any constant that nobody else locks with


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to `revision`; two processes that start at once take turns. Raises `DatabaseUnavailable`."""
    async with database.transaction(write=True) as session:
        await (await session.connection()).run_sync(_run, "upgrade", revision)


async def downgrade(database: Database, revision: str) -> None:
    """Take the tables back to `revision` (`base`: none at all)."""
    async with database.transaction(write=True) as session:
        await (await session.connection()).run_sync(_run, "downgrade", revision)


def configuration() -> Config:
    """Alembic's own settings; the connection is handed in, so that there is no file and no URL."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def _run(connection: Connection, direction: str, revision: str) -> None:
    # On SQLite the write transaction is the lock already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = configuration()
    config.attributes["connection"] = connection
    getattr(command, direction)(config, revision)
