"""The metrics agent while its database is away, comes and goes, or refuses: it waits, and counts what is left."""

import asyncio

import pytest
from sqlalchemy import select

from connectors.records.metrics_table import outcome_counts_daily
from stream_workers.agents.outcomes import OutcomeDeps, OutcomeFolder
from stream_workers.shell.metrics_store import MetricsStore, MetricsStoreUnavailable
from tests.support.outcome_agent import Agent, Away, Consumer, Flaky, assert_exact


async def test_a_database_that_comes_and_goes_is_waited_for(metrics_engine):
    agent = Agent(Flaky(metrics_engine))
    await agent.drive()
    await assert_exact(metrics_engine)
    assert agent.telemetry.unavailable > 0


@pytest.mark.postgresql
@pytest.mark.parametrize("metrics_url", ["postgresql"], indirect=True)
async def test_a_database_server_that_crashes_is_waited_for(metrics_engine, postgresql_server):
    agent = Agent(MetricsStore(metrics_engine), Consumer(chunk=30))
    await agent.drive(chunks=2)
    postgresql_server.crash()
    agent.clock.on_wait = lambda: postgresql_server.start() if len(agent.clock.waits) == 3 else None
    await agent.drive()
    await assert_exact(metrics_engine)
    assert agent.telemetry.unavailable >= 3


async def test_the_wait_grows_to_5_seconds_and_ends_with_the_partition(metrics_engine):
    agent = Agent(Away(metrics_engine))

    def revoke_at_the_tenth() -> None:
        agent.consumer.is_mine = len(agent.clock.waits) < 10

    agent.clock.on_wait = revoke_at_the_tenth
    await agent.drive(chunks=1)
    assert agent.clock.waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert agent.clock.waits[-1] == 5.0
    assert len(agent.clock.waits) == 10


async def test_a_waiting_agent_can_be_stopped(metrics_engine):
    agent = Agent(Away(metrics_engine))
    waiting = asyncio.Event()

    async def sleep_long(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    agent.clock.sleep = sleep_long
    folder = OutcomeFolder(
        OutcomeDeps(Away(metrics_engine), agent.telemetry, lambda *_: True, agent.consumer.rewind, sleep=sleep_long)
    )
    task = asyncio.create_task(agent.consumer.drive(folder))
    await asyncio.wait_for(waiting.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_chunk_given_up_at_revocation_is_counted_by_the_next_owner(metrics_engine):
    class AwayForWriting(MetricsStore):
        async def apply(self, advance, counts):
            raise MetricsStoreUnavailable("away")

    first = Agent(AwayForWriting(metrics_engine))
    first.clock.on_wait = lambda: setattr(first.consumer, "is_mine", False)
    await first.drive(chunks=1)
    await Agent(MetricsStore(metrics_engine)).drive()
    await assert_exact(metrics_engine)


async def test_without_the_database_there_is_no_starting_offset(metrics_engine):
    agent = Agent(Away(metrics_engine))
    assert await agent.folder.starting_offset("outcomes", 0) is None
    assert agent.telemetry.unavailable == 1


async def test_a_database_restored_from_an_older_copy_is_counted_up_again(store, metrics_engine):
    agent = Agent(store, Consumer(chunk=30))
    await agent.drive(chunks=2)
    copy = {}
    async with metrics_engine.begin() as connection:
        for table in outcome_counts_daily.metadata.sorted_tables:
            copy[table] = [dict(row) for row in (await connection.execute(select(table))).mappings()]
    await agent.drive(chunks=3)
    async with metrics_engine.begin() as connection:
        for table, rows in copy.items():
            await connection.execute(table.delete())
            if rows:
                await connection.execute(table.insert(), rows)
    await agent.drive()
    await assert_exact(metrics_engine)


async def test_a_chunk_that_meets_a_defect_is_read_again(metrics_engine):
    class Defective(MetricsStore):
        calls = 0

        async def apply(self, advance, counts):
            self.calls += 1
            if self.calls == 2:
                raise KeyError("a defect")
            return await super().apply(advance, counts)

    agent = Agent(Defective(metrics_engine))
    await agent.drive()
    await assert_exact(metrics_engine)
    assert [type(error) for error in agent.telemetry.failed] == [KeyError]
    assert agent.clock.waits == [5.0]


async def test_pruning_without_the_database_is_left_to_the_next_hour(metrics_engine):
    class Gone(MetricsStore):
        def transaction(self):
            raise MetricsStoreUnavailable("away")

    agent = Agent(Gone(metrics_engine))
    await agent.folder.prune()
    assert agent.telemetry.unavailable == 1
