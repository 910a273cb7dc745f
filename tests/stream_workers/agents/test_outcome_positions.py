"""Where the metrics agent reads on: back for what it was not given, on past what it sees missing twice."""

from tests.support.outcome_agent import LOG, Agent, Consumer, assert_exact
from tests.support.outcome_records import Record


async def test_reading_starts_at_the_stored_position(store):
    agent = Agent(store)
    assert await agent.folder.starting_offset("outcomes", 0) is None
    await agent.drive(chunks=1)
    assert await agent.folder.starting_offset("outcomes", 0) == LOG[69].offset + 1


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
