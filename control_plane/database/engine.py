"""One database, SQLite or PostgreSQL: opened, and used in whole transactions whose failures are translated."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no stubs
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from control_plane.settings import DatabaseSettings


class DatabaseUnavailable(Exception):
    """The database did not answer, or gave up: nothing is known to have been stored."""


class Database:
    """Transactions on one engine. A write transaction on SQLite takes its lock at once, never late."""

    def __init__(self, engine: AsyncEngine, connect_seconds: float) -> None:
        self.engine = engine
        self._connect_seconds = connect_seconds
        self._readers = async_sessionmaker(engine, expire_on_commit=False)
        self._abandoned: set[asyncio.Task[None]] = set()
        self._writers = async_sessionmaker(engine.execution_options(immediate=True), expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self, *, write: bool) -> AsyncIterator[AsyncSession]:
        """One transaction, committed when the block ends well; raises `DatabaseUnavailable`."""
        with _translated():
            session = await self._connected((self._writers if write else self._readers)())
            async with session, _committed(session):
                yield session

    async def ping(self) -> None:
        """Returns when the database answers; raises `DatabaseUnavailable`."""
        async with self.transaction(write=False) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give every connection back."""
        await asyncio.gather(*self._abandoned)
        await self.engine.dispose()

    async def _connected(self, session: AsyncSession) -> AsyncSession:
        connecting = asyncio.ensure_future(session.connection())
        try:
            async with asyncio.timeout(self._connect_seconds):
                await asyncio.shield(connecting)
        except BaseException as error:
            # A connection that hangs takes seconds more to give up; nobody waits for that.
            letting_go = asyncio.create_task(_let_go(session, connecting))
            self._abandoned.add(letting_go)
            letting_go.add_done_callback(self._abandoned.discard)
            if isinstance(error, OSError | asyncpg.PostgresError | asyncpg.InterfaceError):
                raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error
            raise
        return session


def open_database(settings: DatabaseSettings) -> Database:
    """The database that the settings name; nothing is connected yet."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        # SQLite waits for its lock by itself, and must not be interrupted while it does.
        return Database(_open_sqlite(url, settings), settings.connect_seconds + 60)
    return Database(_open_postgresql(url, settings), settings.connect_seconds)


def _open_postgresql(url: URL, settings: DatabaseSettings) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.connect_seconds,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": settings.connect_seconds,
            "command_timeout": settings.statement_seconds,
            # Of a large table it expects a lot, and compiles for longer than the few rows of one answer take.
            "server_settings": {"jit": "off"},
        },
    )


def _open_sqlite(url: URL, settings: DatabaseSettings) -> AsyncEngine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        hide_parameters=True,
        connect_args={"timeout": settings.connect_seconds},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


async def _let_go(session: AsyncSession, connecting: asyncio.Future[AsyncConnection]) -> None:
    connecting.cancel()
    await asyncio.wait({connecting})
    await session.close()


@asynccontextmanager
async def _committed(session: AsyncSession) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await session.rollback()
        raise
    await session.commit()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except (DBAPIError, PoolTimeout, sqlite3.OperationalError) as error:
        raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error
