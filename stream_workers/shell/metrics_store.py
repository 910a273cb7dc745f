"""The metrics table in SQL: adds a chunk's counts and advances its Kafka position in one transaction."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from connectors.records.metrics_grain import MAX_CODES_PER_HOUR
from stream_workers.shell import metrics_statements as statements

HourKey = tuple[str, str, int]
Row = dict[str, Any]
_NamedCodes = dict[HourKey, set[str]]

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 20
_NAMES_LOCK = 7_310_245  # any number will do: it keeps two agents from naming codes at the same time


class MetricsStoreUnavailable(Exception):
    """The database did not answer or refused: nothing is known to have been stored; ask for the position and retry."""


class ChunkCounts(Protocol):
    """What a chunk adds; see `core.outcome_counts`, which this room may not import."""

    @property
    def undocumented(self) -> Mapping[HourKey, Iterable[str]]:
        """The partner codes that compete for a name, by connector and hour."""

    def rows(self, named: Mapping[HourKey, Set[str]]) -> Mapping[str, Sequence[Row]]:
        """The rows to add, by table."""


@dataclass(frozen=True, slots=True)
class Advance:
    """The step of a partition's position that the counts of a chunk stand for; `expected` is 0 at the beginning."""

    topic: str
    partition: int
    expected: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Applied:
    """The counts are stored, and the position with them."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing was stored: the position was not the expected one but `current`."""

    current: int


def open_metrics_engine(url: str) -> AsyncEngine:
    """The metrics agent's own engine; statements are bounded in time so that a frozen database is noticed."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return _open_sqlite(target.set(drivername="sqlite+aiosqlite"))
    return create_async_engine(
        target.set(drivername="postgresql+asyncpg"),
        connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": _STATEMENT_SECONDS},
        pool_timeout=_STATEMENT_SECONDS,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
    )


class MetricsStore:
    """The counts and the positions; safe to use from several processes at once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        dialect = engine.dialect.name
        self._names_lock = text(f"SELECT pg_advisory_xact_lock({_NAMES_LOCK})") if dialect == "postgresql" else None
        self._read_position = statements.read_position()
        self._begin_position = statements.begin_position(dialect)
        self._move_position = statements.move_position()
        self._read_named_codes = statements.read_named_codes()
        self._additions = [(table, statements.add_to(table, dialect)) for table in statements.ADDED]

    async def position(self, topic: str, partition: int) -> int:
        """The first offset that is not counted yet; raises `MetricsStoreUnavailable`."""
        async with self.transaction() as connection:
            return await self._position(connection, {"of_topic": topic, "of_partition": partition})

    async def apply(self, advance: Advance, counts: ChunkCounts) -> Applied | Stale:
        """Store the counts if the position is the expected one; raises `MetricsStoreUnavailable`.

        After that error the transaction may still have been committed: the same call then answers `Stale`.
        """
        if advance.next_offset <= advance.expected:
            raise ValueError(f"A position only moves forward: {advance}")
        async with self.transaction() as connection:
            place = {"of_topic": advance.topic, "of_partition": advance.partition}
            if not await self._move(connection, advance, place):
                return Stale(await self._position(connection, place))
            await self._add(connection, counts.rows(await self._named_codes(connection, counts.undocumented)))
        return Applied()

    async def close(self) -> None:
        """Give every connection back."""
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One write transaction, with every failure of the database translated."""
        with _translated():
            async with self._engine.begin() as connection:
                yield connection

    async def _position(self, connection: AsyncConnection, place: Mapping[str, Any]) -> int:
        return await connection.scalar(self._read_position, place) or 0

    async def _move(self, connection: AsyncConnection, advance: Advance, place: Mapping[str, Any]) -> bool:
        if advance.expected == 0:
            first = {"topic": advance.topic, "partition": advance.partition, "next_offset": 0}
            await connection.execute(self._begin_position, first)
        step = {"expected": advance.expected, "to": advance.next_offset}
        moved = await connection.execute(self._move_position, {**place, **step})
        return moved.rowcount == 1

    async def _named_codes(
        self, connection: AsyncConnection, undocumented: Mapping[HourKey, Iterable[str]]
    ) -> _NamedCodes:
        if not undocumented:
            return {}
        hours = list(undocumented)
        named = await self._read_names(connection, hours)
        if self._names_lock is None or not _names_wanted(undocumented, named):
            return named
        await connection.execute(self._names_lock)
        return await self._read_names(connection, hours)

    async def _read_names(self, connection: AsyncConnection, hours: list[HourKey]) -> _NamedCodes:
        named: _NamedCodes = {}
        for workspace, connector, hour_at, code in await connection.execute(self._read_named_codes, {"hours": hours}):
            named.setdefault((workspace, connector, hour_at), set()).add(code)
        return named

    async def _add(self, connection: AsyncConnection, rows: Mapping[str, Sequence[Row]]) -> None:
        for table, addition in self._additions:
            if added := rows[table.name]:
                await connection.execute(addition, sorted(added, key=itemgetter(*table.primary_key.columns.keys())))


def _names_wanted(undocumented: Mapping[HourKey, Iterable[str]], named: _NamedCodes) -> bool:
    return any(
        len(named.get(hour, ())) < MAX_CODES_PER_HOUR and not named.get(hour, set()).issuperset(codes)
        for hour, codes in undocumented.items()
    )


def _open_sqlite(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": _STATEMENT_SECONDS}, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        # A transaction that reads first and writes later is refused at once, not queued, when another one writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise MetricsStoreUnavailable(f"{type(error).__name__}: {getattr(error, 'orig', None) or error}") from error
