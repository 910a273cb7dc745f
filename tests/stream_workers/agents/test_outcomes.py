"""The metrics agent: whatever crashes, overlaps or is read twice, what is stored equals a recount of the topics."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import faust
import pytest
from sqlalchemy import event, select

from connectors.records.metrics_table import outcome_errors
from stream_workers.agents import outcomes
from stream_workers.agents.outcomes import OutcomeDeps
from stream_workers.shell.metrics_store import MetricsStore, open_metrics_engine
from tests.support.outcome_agent import LOG, VALUES, Agent, Consumer, assert_exact
from tests.support.outcome_records import CLASSES, Record, RememberingTelemetry, attempt_record, outcome_record
from tests.support.recount import recount, stored_counts


async def test_a_topic_is_counted_exactly_with_its_gaps(store, metrics_engine):
    agent = Agent(store)
    await agent.drive()
    await assert_exact(metrics_engine)
    assert agent.telemetry.counted == len(LOG)
    assert agent.consumer.moves == []
    assert await store.position("outcomes", 0) == LOG[-1].offset + 1


async def test_failed_attempts_are_counted_beside_the_outcomes(store, metrics_engine):
    attempts = [attempt_record(offset) for offset in range(100)]
    await Agent(store).drive()
    await Agent(store, Consumer(attempts, "attempts")).drive()
    assert await stored_counts(metrics_engine) == recount(VALUES, [record.value for record in attempts])


async def test_topics_with_a_prefix_keep_positions_under_their_full_names(store, metrics_engine):
    attempts = [attempt_record(offset) for offset in range(40)]
    await Agent(store, Consumer(attempts, "test-attempts"), topic_prefix="test-").drive()
    assert await stored_counts(metrics_engine) == recount([], [record.value for record in attempts])
    assert await store.position("test-attempts", 0) == 40


async def test_reading_everything_again_changes_nothing(store, metrics_engine):
    await Agent(store).drive()
    again = Agent(store, Consumer(chunk=33))
    await again.drive()
    await assert_exact(metrics_engine)
    assert again.telemetry.counted == 0


async def test_a_chunk_that_is_half_counted_is_counted_to_its_end(store, metrics_engine):
    await Agent(store, Consumer(chunk=50)).drive(chunks=3)
    await Agent(store, Consumer(chunk=64)).drive()
    await assert_exact(metrics_engine)


async def test_error_rows_are_there_once(store, metrics_engine):
    await Agent(store).drive()
    await Agent(store).drive()
    async with metrics_engine.connect() as connection:
        offsets = list(await connection.scalars(select(outcome_errors.c.offset).order_by(outcome_errors.c.offset)))
    assert offsets == [record.offset for record in LOG if CLASSES[record.offset % len(CLASSES)].is_error]


async def test_two_agents_that_overlap_count_once(metrics_url, metrics_engine):
    stores = [MetricsStore(open_metrics_engine(metrics_url)) for _ in range(2)]
    agents = [Agent(stores[0], Consumer(chunk=17)), Agent(stores[1], Consumer(chunk=29))]
    await asyncio.gather(*(agent.drive() for agent in agents))
    await assert_exact(metrics_engine)
    assert sum(agent.telemetry.counted for agent in agents) == len(LOG)
    for store in stores:
        await store.close()


async def test_undecodable_records_are_told_and_the_rest_is_counted(store, metrics_engine):
    poisoned = list(LOG)
    poisoned[3] = Record(LOG[3].offset, b"{")
    poisoned[90] = Record(LOG[90].offset, None)
    poisoned[91] = Record(LOG[91].offset, LOG[91].value.replace(b'"v":1', b'"v":9'))
    agent = Agent(store, Consumer(poisoned))
    await agent.drive()
    good = [record.value for number, record in enumerate(LOG) if number not in (3, 90, 91)]
    await assert_exact(metrics_engine, good)
    assert agent.telemetry.unreadable == [LOG[number].offset for number in (3, 90, 91)]


async def test_a_chunk_of_nothing_but_undecodable_records_moves_the_position(store):
    agent = Agent(store, Consumer([Record(offset, b"{") for offset in range(5)]))
    await agent.drive()
    assert await store.position("outcomes", 0) == 5


@pytest.mark.parametrize("cut_at", range(1, 12))
async def test_whatever_statement_a_crash_falls_on_the_next_agent_counts_exactly(metrics_url, metrics_engine, cut_at):
    await Agent(MetricsStore(metrics_engine)).drive(chunks=2)
    dying = open_metrics_engine(metrics_url)
    statements = 0

    def die(*_) -> None:
        nonlocal statements
        statements += 1
        if statements >= cut_at:
            raise asyncio.CancelledError

    event.listen(dying.sync_engine, "before_cursor_execute", die)
    with pytest.raises(asyncio.CancelledError):
        await Agent(MetricsStore(dying)).drive()
    await dying.dispose()
    await Agent(MetricsStore(metrics_engine)).drive()
    await assert_exact(metrics_engine)


async def test_a_chunk_larger_than_a_transaction_is_counted_in_parts(store, metrics_engine):
    log = [outcome_record(offset) for offset in range(12_000)]
    agent = Agent(store, Consumer(log, chunk=12_000))
    await agent.drive()
    await assert_exact(metrics_engine, [record.value for record in log])


async def test_both_agents_are_declared_on_the_app_without_acknowledgements(store):
    app = faust.App("test-metrics", broker="kafka://127.0.0.1:1", autodiscover=False, set_as_current=False)
    deps = OutcomeDeps(store, RememberingTelemetry(), lambda *_: True, Consumer().rewind, topic_prefix="test-")
    outcomes.register(app, deps)
    declared = {name: agent.channel for name, agent in app.agents.items()}
    assert {name: channel.topics for name, channel in declared.items()} == {
        "count-outcomes": ("test-outcomes",),
        "count-attempts": ("test-attempts",),
    }
    assert [channel.acks for channel in declared.values()] == [False, False]


class Stream:
    """As much of a Faust stream of chunks as an agent sees."""

    def __init__(self, *chunks: Sequence[Record]) -> None:
        self.chunks = chunks
        self.acknowledges = True

    def noack(self) -> "Stream":
        self.acknowledges = False
        return self

    async def events(self):
        for chunk in self.chunks:
            yield SimpleNamespace(message=SimpleNamespace(topic="outcomes", partition=0, value=chunk))


async def test_the_agent_takes_every_chunk_and_acknowledges_none(store, metrics_engine):
    stream = Stream(LOG[:100], LOG[100:])
    await Agent(store).folder.run(stream)
    await assert_exact(metrics_engine)
    assert not stream.acknowledges
