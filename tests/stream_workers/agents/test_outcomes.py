"""The metrics agent: whatever crashes, overlaps or is read twice, what is stored equals a recount of the topics."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import faust
import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import outcome_counts_daily, outcome_errors
from stream_workers.agents import outcomes
from stream_workers.agents.outcomes import OutcomeDeps, OutcomeFolder
from stream_workers.shell.metrics_store import MetricsStore, MetricsStoreUnavailable, open_metrics_engine
from tests.support.outcome_records import CLASSES, Record, RememberingTelemetry, attempt_record, outcome_record
from tests.support.recount import DAY, recount, stored_counts

# Every tenth offset is a transaction marker.
LOG = tuple(outcome_record(offset) for offset in range(400) if offset % 10 != 9)
VALUES = [record.value for record in LOG]


class Consumer:
    """One partition's reader: hands out chunks as the transport does, and goes where it is told."""

    def __init__(self, log: Sequence[Record] = LOG, topic: str = "outcomes", chunk: int = 70) -> None:
        self.log, self.topic, self.chunk = log, topic, chunk
        self.next = 0
        self.is_mine = True
        self.moves: list[int] = []

    async def rewind(self, topic: str, partition: int, offset: int) -> None:
        assert (topic, partition) == (self.topic, 0)
        self.moves.append(offset)
        self.next = offset

    def poll(self) -> list[Record]:
        chunk = [record for record in self.log if record.offset >= self.next][: self.chunk]
        if chunk:
            self.next = chunk[-1].offset + 1
        return chunk

    async def drive(self, folder: OutcomeFolder, chunks: int | None = None) -> None:
        while chunks != 0 and (chunk := self.poll()):
            await folder.take(self.topic, 0, chunk)
            chunks = chunks and chunks - 1


class Clock:
    """Time that passes only by sleeping, and things that happen meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.on_wait = lambda: None

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)
        self.on_wait()

    def monotonic(self) -> float:
        return self.now


class Agent:
    """A folder with everything around it."""

    def __init__(self, store: MetricsStore, consumer: Consumer | None = None, **deps) -> None:
        self.telemetry, self.clock = RememberingTelemetry(), Clock()
        self.consumer = consumer or Consumer()
        self.folder = OutcomeFolder(
            OutcomeDeps(
                store=store,
                telemetry=self.telemetry,
                is_mine=lambda *_: self.consumer.is_mine,
                rewind=self.consumer.rewind,
                sleep=self.clock.sleep,
                monotonic=self.clock.monotonic,
                **deps,
            )
        )

    async def drive(self, chunks: int | None = None) -> None:
        await self.consumer.drive(self.folder, chunks)


@pytest.fixture
def store(metrics_engine: AsyncEngine) -> MetricsStore:
    return MetricsStore(metrics_engine)


async def assert_exact(engine: AsyncEngine, values: Sequence[bytes | None] = VALUES) -> None:
    readable = [value for value in values if value]
    assert await stored_counts(engine) == recount(readable)
    assert await stored_counts(engine, outcome_counts_daily) == recount(readable, bucket_seconds=DAY)


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


class Flaky(MetricsStore):
    """Fails before, or after, every other transaction: as when the answer to COMMIT is lost."""

    calls = 0

    async def apply(self, advance, counts):
        self.calls += 1
        if self.calls % 3 == 1:
            raise MetricsStoreUnavailable("gone before")
        answer = await super().apply(advance, counts)
        if self.calls % 3 == 2:
            raise MetricsStoreUnavailable("gone after")
        return answer


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


class Away(MetricsStore):
    async def position(self, topic, partition):
        raise MetricsStoreUnavailable("away")


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


async def test_reading_starts_at_the_stored_position(store):
    agent = Agent(store)
    assert await agent.folder.starting_offset("outcomes", 0) is None
    await agent.drive(chunks=1)
    assert await agent.folder.starting_offset("outcomes", 0) == LOG[69].offset + 1


async def test_without_the_database_there_is_no_starting_offset(metrics_engine):
    agent = Agent(Away(metrics_engine))
    assert await agent.folder.starting_offset("outcomes", 0) is None
    assert agent.telemetry.unavailable == 1


async def test_a_consumer_that_began_too_late_is_sent_back(store, metrics_engine):
    await Agent(store).drive(chunks=1)
    late = Agent(store)
    late.consumer.next = 200
    await late.drive()
    await assert_exact(metrics_engine)
    assert late.consumer.moves == [LOG[69].offset + 1]
    assert late.telemetry.moved == [("outcomes", 0, LOG[69].offset + 1, 200)]


async def test_chunks_that_were_queued_before_the_way_back_are_not_taken_for_it(store, metrics_engine):
    late = Agent(store)
    late.consumer.next = 200
    queued = [late.consumer.poll() for _ in range(3)]
    for chunk in queued:
        await late.folder.take("outcomes", 0, chunk)
    assert late.telemetry.counted == 0
    await late.drive()
    await assert_exact(metrics_engine)
    assert late.consumer.moves == [0]


async def test_a_way_back_that_was_undone_is_asked_for_again(store, metrics_engine):
    late = Agent(store)
    late.consumer.next = 200
    await late.folder.take("outcomes", 0, late.consumer.poll())
    late.consumer.next = 270
    await late.folder.take("outcomes", 0, late.consumer.poll())
    assert late.consumer.moves == [0]
    late.clock.now += 60
    late.consumer.next = 340
    await late.folder.take("outcomes", 0, late.consumer.poll())
    assert late.consumer.moves == [0, 0]
    await late.drive()
    await assert_exact(metrics_engine)


async def test_a_gap_that_a_second_reading_shows_again_is_real(store, metrics_engine):
    kept = LOG[250:]
    agent = Agent(store, Consumer(kept))
    await agent.drive()
    await assert_exact(metrics_engine, [record.value for record in kept])
    assert agent.consumer.moves == [0]


async def test_a_chunk_that_the_transport_dropped_is_read_again(store, metrics_engine):
    agent = Agent(store)
    await agent.drive(chunks=2)
    dropped = agent.consumer.poll()
    await agent.drive()
    await assert_exact(metrics_engine)
    assert agent.consumer.moves == [dropped[0].offset]


async def test_an_aborted_transaction_in_the_middle_is_read_twice_and_believed(store, metrics_engine):
    log = [record for record in LOG if not 100 <= record.offset < 130]
    agent = Agent(store, Consumer(log, chunk=9))
    await agent.drive()
    await assert_exact(metrics_engine, [record.value for record in log])
    assert agent.consumer.moves == [99]


async def test_positions_are_told_as_a_hint(store):
    agent = Agent(store)
    await agent.drive()
    assert agent.folder.positions() == {("outcomes", 0): LOG[-1].offset + 1}
    agent.folder.forget()
    assert agent.folder.positions() == {}


async def test_after_an_assignment_the_beginning_is_doubted_anew(store, metrics_engine):
    agent = Agent(store)
    await agent.drive(chunks=1)
    agent.folder.forget()
    agent.consumer.next = 200
    await agent.drive()
    await assert_exact(metrics_engine)


async def test_a_consumer_far_behind_is_sent_forward_once(store):
    log = [Record(offset, b"{") for offset in range(0, 40_000, 2)]
    await Agent(store, Consumer(log, chunk=5_000)).drive()
    behind = Agent(store, Consumer(log, chunk=100))
    await behind.drive()
    assert behind.consumer.moves == [39_999]
    assert behind.telemetry.counted == 0


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


async def test_a_chunk_larger_than_a_transaction_is_counted_in_parts(store, metrics_engine):
    log = [outcome_record(offset) for offset in range(12_000)]
    agent = Agent(store, Consumer(log, chunk=12_000))
    await agent.drive()
    await assert_exact(metrics_engine, [record.value for record in log])


async def test_pruning_without_the_database_is_left_to_the_next_hour(metrics_engine):
    class Gone(MetricsStore):
        def transaction(self):
            raise MetricsStoreUnavailable("away")

    agent = Agent(Gone(metrics_engine))
    await agent.folder.prune()
    assert agent.telemetry.unavailable == 1


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
