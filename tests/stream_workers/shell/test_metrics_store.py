"""The metrics table on real databases: counts and position move together, or not at all."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import (
    connector_counts,
    connector_counts_daily,
    last_deliveries,
    metadata,
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    outcome_latency,
    run_counts,
    workspace_counts,
)
from stream_workers.shell.metrics_store import (
    Advance,
    Applied,
    MetricsStore,
    MetricsStoreUnavailable,
    Stale,
    open_metrics_engine,
)
from tests.support.waiting import eventually_true

TABLES = (
    outcome_codes,
    outcome_counts,
    outcome_counts_daily,
    outcome_latency,
    run_counts,
    last_deliveries,
    outcome_errors,
    connector_counts,
    connector_counts_daily,
    workspace_counts,
)


def count_row(connector: str = "con_a", bucket_at: int = 0, code: str = "", count: int = 1) -> dict[str, Any]:
    key = {"workspace": "default", "connector_id": connector, "bucket_at": bucket_at, "action_id": "act_1"}
    return key | {"class": "sent", "reason": "", "partner_code": code, "count": count}


def error_row(offset: int, at: int = 0, connector: str = "con_a", partition: int = 0) -> dict[str, Any]:
    return {
        "partition": partition,
        "offset": offset,
        "at": at,
        "workspace": "default",
        "connector_id": connector,
        "action_id": "act_1",
        "delivery_id": f"dlv_{offset}",
        "event_id": None,
        "profile_id": "ada",
        "change": "joined",
        "class": "timeout",
        "reason": "no_answer",
        "partner_code": "",
        "http_status": None,
        "attempts": 3,
        "run": 0,
    }


@dataclass(frozen=True)
class Counts:
    """What a chunk adds, written down by hand."""

    added: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    undocumented: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    asked: list[dict] = field(default_factory=list)

    def rows(self, named) -> dict[str, list[dict[str, Any]]]:
        self.asked.append(dict(named))
        return {table.name: self.added.get(table.name, []) for table in TABLES}


def counting(*rows: dict[str, Any]) -> Counts:
    return Counts({"outcome_counts": list(rows), "outcome_counts_daily": list(rows)})


def naming(*codes: str) -> Counts:
    rows = [{"workspace": "default", "connector_id": "con_a", "hour_at": 0, "partner_code": code} for code in codes]
    return Counts({"outcome_codes": rows}, {("default", "con_a", 0): list(codes)})


@pytest.fixture
def store(metrics_engine: AsyncEngine) -> MetricsStore:
    return MetricsStore(metrics_engine)


async def rows_of(engine: AsyncEngine, table) -> list[tuple]:
    async with engine.connect() as connection:
        return sorted(tuple(row) for row in await connection.execute(select(table)))


async def counts_of(engine: AsyncEngine) -> dict[str, int]:
    return {f"{row[1]}/{row[6]}": row[7] for row in await rows_of(engine, outcome_counts)}


async def test_a_partition_that_was_never_counted_begins_at_0(store):
    assert await store.position("outcomes", 3) == 0


async def test_counts_are_added_and_the_position_advances(store, metrics_engine):
    assert await store.apply(Advance("outcomes", 0, 0, 10), counting(count_row(count=4))) == Applied()
    assert await store.apply(Advance("outcomes", 0, 10, 20), counting(count_row(), count_row("con_b"))) == Applied()
    assert await store.position("outcomes", 0) == 20
    assert await counts_of(metrics_engine) == {"con_a/": 5, "con_b/": 1}


async def test_a_chunk_from_another_position_is_stale_and_adds_nothing(store, metrics_engine):
    await store.apply(Advance("outcomes", 0, 0, 10), counting(count_row()))
    for expected in (0, 5, 11):
        assert await store.apply(Advance("outcomes", 0, expected, 30), counting(count_row())) == Stale(10)
    assert await counts_of(metrics_engine) == {"con_a/": 1}
    assert await store.position("outcomes", 0) == 10


async def test_partitions_and_topics_have_positions_of_their_own(store):
    await store.apply(Advance("outcomes", 0, 0, 10), counting())
    assert await store.apply(Advance("outcomes", 1, 0, 20), counting()) == Applied()
    assert await store.apply(Advance("attempts", 0, 0, 30), counting()) == Applied()
    assert [await store.position(*place) for place in (("outcomes", 0), ("outcomes", 1), ("attempts", 0))] == [
        10,
        20,
        30,
    ]


async def test_a_position_that_does_not_move_forward_is_a_defect(store):
    with pytest.raises(ValueError, match="only moves forward"):
        await store.apply(Advance("outcomes", 0, 7, 7), counting())


async def test_the_last_delivery_never_goes_back(store, metrics_engine):
    for step, at in enumerate((100, 300, 200)):
        row = {"workspace": "default", "connector_id": "con_a", "action_id": "act_1", "at": at}
        await store.apply(Advance("outcomes", 0, step, step + 1), Counts({"last_deliveries": [row]}))
    assert await rows_of(metrics_engine, last_deliveries) == [("default", "con_a", "act_1", 300)]


async def test_what_a_run_ended_as_is_added_up(store, metrics_engine):
    def ended(class_: str, count: int, reason: str = "") -> Counts:
        return Counts({"run_counts": [{"run": 7, "class": class_, "reason": reason, "count": count}]})

    await store.apply(Advance("outcomes", 0, 0, 10), ended("sent", 3))
    await store.apply(Advance("outcomes", 0, 10, 20), ended("sent", 2))
    await store.apply(Advance("outcomes", 0, 10, 20), ended("sent", 50))
    await store.apply(Advance("outcomes", 0, 20, 30), ended("skipped", 1, "superseded"))
    assert await rows_of(metrics_engine, run_counts) == [(7, "sent", "", 5), (7, "skipped", "superseded", 1)]


async def test_an_error_row_that_is_there_already_stays(store, metrics_engine):
    await store.apply(Advance("outcomes", 0, 0, 1), Counts({"outcome_errors": [error_row(7)]}))
    await store.apply(Advance("outcomes", 0, 1, 2), Counts({"outcome_errors": [error_row(7), error_row(8)]}))
    assert [row[1] for row in await rows_of(metrics_engine, outcome_errors)] == [7, 8]


async def test_the_codes_that_have_a_name_are_told_by_hour(store):
    await store.apply(Advance("outcomes", 0, 0, 1), naming("1", "2"))
    second = naming("2", "3")
    await store.apply(Advance("outcomes", 0, 1, 2), second)
    assert second.asked == [{("default", "con_a", 0): {"1", "2"}}]


async def test_two_agents_that_name_codes_at_the_same_time_see_each_other(metrics_url, metrics_engine):
    stores = [MetricsStore(open_metrics_engine(metrics_url)) for _ in range(2)]
    chunks = [naming("1"), naming("2")]
    await asyncio.gather(
        *(
            store.apply(Advance("outcomes", partition, 0, 1), counts)
            for partition, (store, counts) in enumerate(zip(stores, chunks, strict=True))
        )
    )
    told = sorted(len(counts.asked[0].get(("default", "con_a", 0), ())) for counts in chunks)
    assert told == [0, 1]
    for store in stores:
        await store.close()


async def test_of_two_agents_with_the_same_chunk_one_is_stale(metrics_url, metrics_engine):
    stores = [MetricsStore(open_metrics_engine(metrics_url)) for _ in range(2)]
    for step in range(0, 50, 10):
        advance = Advance("outcomes", 0, step, step + 10)
        answers = await asyncio.gather(*(store.apply(advance, counting(count_row(count=10))) for store in stores))
        assert Counter(map(type, answers)) == {Applied: 1, Stale: 1}
    assert await counts_of(metrics_engine) == {"con_a/": 50}
    for store in stores:
        await store.close()


async def test_agents_that_add_to_the_same_rows_in_any_order_all_finish(metrics_url, metrics_engine):
    stores = [MetricsStore(open_metrics_engine(metrics_url)) for _ in range(4)]
    rows = [count_row(f"con_{number}") for number in range(40)]

    async def count(partition: int) -> None:
        mine = rows[partition * 10 :] + rows[: partition * 10]
        for step in range(10):
            answer = await stores[partition].apply(Advance("outcomes", partition, step, step + 1), counting(*mine))
            assert answer == Applied()

    await asyncio.gather(*map(count, range(4)))
    assert set((await counts_of(metrics_engine)).values()) == {40}
    for store in stores:
        await store.close()


def breaks(engine: AsyncEngine, holds: Callable[[int], bool]) -> list[str]:
    """Break the engine's next transaction before each statement whose number `holds`; returns the statements seen."""
    seen: list[str] = []

    def before(connection, cursor, statement, parameters, context, executemany):
        seen.append(statement)
        if holds(len(seen)):
            raise OSError("the connection broke")

    event.listen(engine.sync_engine, "before_cursor_execute", before)
    return seen


FULL_CHUNK = Counts(
    {
        "outcome_codes": [{"workspace": "default", "connector_id": "con_a", "hour_at": 0, "partner_code": "1"}],
        "outcome_counts": [count_row(code="1")],
        "outcome_counts_daily": [count_row(code="1")],
        "outcome_errors": [error_row(3)],
    },
    {("default", "con_a", 0): ["1"]},
)


@pytest.mark.parametrize("cut_at", range(1, 9))
async def test_a_transaction_that_breaks_between_two_statements_leaves_nothing(metrics_url, metrics_engine, cut_at):
    broken = open_metrics_engine(metrics_url)
    seen = breaks(broken, lambda number: number == cut_at)
    with pytest.raises(MetricsStoreUnavailable, match="the connection broke"):
        await MetricsStore(broken).apply(Advance("outcomes", 0, 0, 5), FULL_CHUNK)
    assert len(seen) == cut_at
    store = MetricsStore(metrics_engine)
    assert await store.position("outcomes", 0) == 0
    assert all([await rows_of(metrics_engine, table) == [] for table in TABLES])
    assert await store.apply(Advance("outcomes", 0, 0, 5), FULL_CHUNK) == Applied()
    assert await counts_of(metrics_engine) == {"con_a/1": 1}
    await broken.dispose()


async def test_after_a_commit_whose_answer_was_lost_the_same_chunk_is_stale(metrics_url, metrics_engine):
    lossy = open_metrics_engine(metrics_url)

    class LosesTheAnswer(MetricsStore):
        async def apply(self, advance, counts):
            await super().apply(advance, counts)
            raise MetricsStoreUnavailable("the answer to COMMIT was lost")

    with pytest.raises(MetricsStoreUnavailable):
        await LosesTheAnswer(lossy).apply(Advance("outcomes", 0, 0, 5), counting(count_row()))
    assert await MetricsStore(metrics_engine).apply(Advance("outcomes", 0, 0, 5), counting(count_row())) == Stale(5)
    assert await counts_of(metrics_engine) == {"con_a/": 1}
    await lossy.dispose()


async def test_missing_tables_are_told_as_an_unavailable_store(store, metrics_engine):
    async with metrics_engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    with pytest.raises(MetricsStoreUnavailable, match="metrics_positions"):
        await store.position("outcomes", 0)


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.sqlite", "postgresql://u@127.0.0.1:1/none", "postgresql://u@/d?host=/nowhere"]
)
async def test_a_database_that_is_not_there_is_told_as_an_unavailable_store(url):
    store = MetricsStore(open_metrics_engine(url))
    with pytest.raises(MetricsStoreUnavailable):
        await store.position("outcomes", 0)
    # A connection that failed ends its thread later, through this loop.
    await eventually_true(lambda: not any("connection_worker" in thread.name for thread in threading.enumerate()))


@pytest.mark.postgresql
async def test_a_server_that_ends_the_session_is_told_and_the_next_call_works(postgresql_url):
    engine = open_metrics_engine(postgresql_url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        session = await connection.scalar(text("SELECT pg_backend_pid()"))
    killer = open_metrics_engine(postgresql_url)
    async with killer.begin() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": session})
    store = MetricsStore(engine)

    async def works() -> bool:
        try:
            return await store.position("outcomes", 0) == 0
        except MetricsStoreUnavailable:
            return False

    await eventually_true(works)
    await engine.dispose()
    await killer.dispose()


@pytest.mark.postgresql
async def test_a_database_that_does_not_exist_is_told_as_an_unavailable_store(postgresql_url):
    store = MetricsStore(open_metrics_engine(postgresql_url.replace("/postgres?", "/missing?")))
    with pytest.raises(MetricsStoreUnavailable, match="missing"):
        await store.position("outcomes", 0)
