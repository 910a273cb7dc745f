"""The metrics table in SQL: adds a chunk's counts and advances its Kafka position in one transaction."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Table, Update, event, select, text, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from connectors.records.metrics_grain import MAX_CODES_PER_HOUR
from connectors.records.metrics_table import (
    last_deliveries,
    metrics_positions,
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    outcome_latency,
)

HourKey = tuple[str, str, int]
Row = dict[str, Any]

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 20
_NAMING_LOCK = 0x70617463686279  # any constant will do: it only keeps two agents from naming codes at the same time


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

    async def position(self, topic: str, partition: int) -> int:
        """The first offset that is not counted yet; raises `MetricsStoreUnavailable`."""
        async with self.transaction() as connection:
            return await _position(connection, topic, partition)

    async def apply(self, advance: Advance, counts: ChunkCounts) -> Applied | Stale:
        """Store the counts if the position is the expected one; raises `MetricsStoreUnavailable`.

        After that error the transaction may still have been committed: the same call then answers `Stale`.
        """
        async with self.transaction() as connection:
            if not await _advance(connection, advance):
                return Stale(await _position(connection, advance.topic, advance.partition))
            rows = counts.rows(await _named_codes(connection, counts.undocumented))
            for table in _ADDED:
                await _add(connection, table, rows[table.name])
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


_ADDED = (
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_latency,
    last_deliveries,
    outcome_errors,
)
"""Every agent adds to the tables in this order, and to each in the order of its key: so no two wait for each other."""


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


async def _position(connection: AsyncConnection, topic: str, partition: int) -> int:
    place = (metrics_positions.c.topic == topic) & (metrics_positions.c.partition == partition)
    stored = await connection.scalar(select(metrics_positions.c.next_offset).where(place))
    return stored or 0


async def _advance(connection: AsyncConnection, advance: Advance) -> bool:
    if advance.next_offset <= advance.expected:
        raise ValueError(f"A position only moves forward: {advance}")
    if advance.expected == 0:
        beginning = {"topic": advance.topic, "partition": advance.partition, "next_offset": 0}
        await connection.execute(_insert(connection, metrics_positions).on_conflict_do_nothing(), beginning)
    moved = await connection.execute(_compare_and_set(advance))
    return moved.rowcount == 1


def _compare_and_set(advance: Advance) -> Update:
    columns = metrics_positions.c
    return (
        update(metrics_positions)
        .where(columns.topic == advance.topic, columns.partition == advance.partition)
        .where(columns.next_offset == advance.expected)
        .values(next_offset=advance.next_offset)
    )


async def _named_codes(
    connection: AsyncConnection, undocumented: Mapping[HourKey, Iterable[str]]
) -> dict[HourKey, set[str]]:
    if not undocumented:
        return {}
    named = await _read_named_codes(connection, undocumented)
    wants_names = any(
        len(named.get(hour, ())) < MAX_CODES_PER_HOUR and not named.get(hour, set()).issuperset(codes)
        for hour, codes in undocumented.items()
    )
    if not wants_names or connection.dialect.name != "postgresql":
        return named
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NAMING_LOCK})
    return await _read_named_codes(connection, undocumented)


async def _read_named_codes(connection: AsyncConnection, hours: Iterable[HourKey]) -> dict[HourKey, set[str]]:
    columns = outcome_codes.c
    hour = tuple_(columns.workspace, columns.connector_id, columns.hour_at)
    named: dict[HourKey, set[str]] = {}
    for workspace, connector, hour_at, code in await connection.execute(
        select(columns.workspace, columns.connector_id, columns.hour_at, columns.partner_code).where(
            hour.in_(list(hours))
        )
    ):
        named.setdefault((workspace, connector, hour_at), set()).add(code)
    return named


async def _add(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        key = [column.name for column in table.primary_key]
        in_order = sorted(rows, key=lambda row: [row[name] for name in key])
        await connection.execute(_upsert(connection, table), in_order)


def _upsert(connection: AsyncConnection, table: Table) -> Any:
    insert = _insert(connection, table)
    if "count" in table.c:
        added = {"count": table.c["count"] + insert.excluded["count"]}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
    if table is last_deliveries:
        later = insert.excluded["at"]
        return insert.on_conflict_do_update(
            index_elements=list(table.primary_key), set_={"at": later}, where=table.c["at"] < later
        )
    return insert.on_conflict_do_nothing()


def _insert(connection: AsyncConnection, table: Table) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise MetricsStoreUnavailable(f"{type(error).__name__}: {getattr(error, 'orig', None) or error}") from error
