"""The tables: alembic alone makes them, up and down, once, on both databases."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from connectors.records import metrics_table
from control_plane.database.engine import Database, open_database
from control_plane.database.migrations import configuration, downgrade, upgrade
from control_plane.database.models import Base
from control_plane.settings import DatabaseSettings
from tests.support.plane import plane_settings, running_plane


async def tables(database: Database) -> set[str]:
    """The tables that are there, but alembic's own."""
    async with database.transaction(write=False) as session:
        found = await (await session.connection()).run_sync(lambda connection: inspect(connection).get_table_names())
    return set(found) - {"alembic_version"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, [Base.metadata, metrics_table.metadata]))  # type: ignore[arg-type]


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


async def test_the_migrated_tables_are_those_that_the_programs_expect(database_url: str) -> None:
    database = open_database(DatabaseSettings(url=database_url))
    await upgrade(database)
    async with database.transaction(write=False) as session:
        assert await (await session.connection()).run_sync(differences) == []
    expected = {*Base.metadata.tables, *metrics_table.metadata.tables}
    assert await tables(database) == expected
    await downgrade(database, "base")
    assert await tables(database) == set()
    await upgrade(database)
    assert await tables(database) == expected
    await database.close()


async def test_processes_that_start_at_once_take_turns(database_url: str) -> None:
    databases = [open_database(DatabaseSettings(url=database_url, connect_seconds=20)) for _ in range(4)]
    await asyncio.gather(*(upgrade(database) for database in databases))
    assert "connectors" in await tables(databases[0])
    for database in databases:
        await database.close()


async def test_going_back_and_forth_by_one_keeps_what_was_configured(database_url: str) -> None:
    async with running_plane(plane_settings(database_url)) as plane:
        connector_id, action_id = await plane.live_action()
        key = dict(plane.http.headers)["authorization"]
    database = open_database(DatabaseSettings(url=database_url))
    await downgrade(database, "0003")
    await upgrade(database)
    await database.close()
    async with running_plane(plane_settings(database_url)) as plane:
        plane.http.headers["Authorization"] = key
        assert (await plane.call("GET", f"/v1/connectors/{connector_id}", 200))["labels"] == []
        assert (await plane.call("GET", f"/v1/actions/{action_id}", 200))["active"] is True
