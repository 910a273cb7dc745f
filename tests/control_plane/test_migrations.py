"""The tables: alembic alone makes them, up and down, once, on both databases."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from connectors.records import metrics_table
from control_plane.database.engine import Database, open_database
from control_plane.database.migrations import configuration, downgrade, upgrade
from control_plane.database.models import Base
from tests.support.databases import patient
from tests.support.plane import plane_settings, running_plane


async def tables(database: Database) -> set[str]:
    """The tables that are there, but alembic's own."""
    async with database.transaction(write=False) as session:
        found = await (await session.connection()).run_sync(lambda connection: inspect(connection).get_table_names())
    return set(found) - {"alembic_version"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, [Base.metadata, metrics_table.metadata]))


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


async def test_the_migrated_tables_are_those_that_the_programs_expect(database_url: str) -> None:
    database = open_database(patient(database_url))
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
    databases = [open_database(patient(database_url)) for _ in range(4)]
    await asyncio.gather(*(upgrade(database) for database in databases))
    assert "connectors" in await tables(databases[0])
    for database in databases:
        await database.close()


async def test_going_back_and_forth_by_one_keeps_what_was_configured(database_url: str) -> None:
    async with running_plane(plane_settings(database_url)) as plane:
        connector_id, action_id = await plane.live_action()
        key = dict(plane.http.headers)["authorization"]
    database = open_database(patient(database_url))
    await downgrade(database, "0003")
    await upgrade(database)
    await database.close()
    async with running_plane(plane_settings(database_url)) as plane:
        plane.http.headers["Authorization"] = key
        assert (await plane.call("GET", f"/v1/connectors/{connector_id}", 200))["labels"] == []
        assert (await plane.call("GET", f"/v1/actions/{action_id}", 200))["active"] is True


async def test_what_is_counted_already_is_rolled_up(database_url: str) -> None:
    database = open_database(patient(database_url))
    await upgrade(database, "0004")
    row = {"workspace": "default", "connector_id": "con_1", "action_id": "act_1", "class": "sent", "reason": ""}
    rows = [
        row | {"bucket_at": 900, "partner_code": "", "count": 2},
        row | {"bucket_at": 900, "partner_code": "", "count": 3, "action_id": "act_2"},
        row | {"bucket_at": 900, "partner_code": "", "count": 4, "class": "skipped", "reason": "no_consent"},
        row | {"bucket_at": 1800, "partner_code": "7", "count": 5, "class": "partner_error", "reason": "rejected"},
    ]
    async with database.transaction(write=True) as session:
        await session.execute(metrics_table.outcome_counts.insert(), rows)
        days = [entry | {"bucket_at": 0} for entry in rows]
        await session.execute(metrics_table.outcome_counts_daily.insert(), days)
    await upgrade(database)
    async with database.transaction(write=False) as session:
        found = {
            table.name: sorted(tuple(row[1:]) for row in await session.execute(select(table)))
            for table in (
                metrics_table.connector_counts,
                metrics_table.connector_counts_daily,
                metrics_table.workspace_counts,
            )
        }
    await database.close()
    kinds = [("partner_error", "", 5), ("sent", "", 5), ("skipped", "no_consent", 4)]
    at = {"partner_error": 1800, "sent": 900, "skipped": 900}
    assert found == {
        "connector_counts": sorted((at[class_], "con_1", class_, reason, count) for class_, reason, count in kinds),
        "connector_counts_daily": sorted((0, "con_1", class_, reason, count) for class_, reason, count in kinds),
        "workspace_counts": sorted((at[class_], class_, count) for class_, _, count in kinds),
    }
