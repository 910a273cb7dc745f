"""What a new owner of a partition must know: nothing is lost, and nothing older follows what is newer."""

import asyncio
from typing import Any

import pytest

from connectors.kit.exchange import PartnerResponse
from connectors.records.profile_event import Change
from stream_workers.shell.partition_transaction import CommitUnknown
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench

JOINED, LEFT = Change.JOINED, Change.LEFT


@pytest.fixture
async def bench():
    bench = Bench()
    bench.publish(connector(), audience())
    bench.own(0)
    yield bench
    bench.partner.hold = None
    for attempt in list(bench.engine.dispatcher.slots._running):
        bench.engine.dispatcher.slots._cut(attempt)
    await bench.engine.stop()


def successor_of(bench: Bench, *records: Any) -> Bench:
    """Another worker over the same partition, which reads its records from the beginning."""
    successor = Bench()
    successor.logs, successor.clock = bench.logs, bench.clock
    successor.engine = successor._build()
    successor.next_offset = bench.next_offset
    successor.publish(connector(), audience(), connector(revision=3), *records)
    successor.own(0)
    return successor


async def test_a_join_that_was_in_flight_is_not_sent_after_a_leave_that_is_pending(bench):
    bench.partner.hold = asyncio.Event()
    join, leave = bench.record(membership("p-1", JOINED)), bench.record(membership("p-1", LEFT, seconds=5))
    bench.engine.feed(0, [join])
    await bench.until(lambda: bench.partner.running == 1)
    bench.publish(connector(paused=True, revision=2))
    bench.engine.feed(0, [leave])
    await bench.until(lambda: bench.logs[0].rows)
    assert bench.logs[0].position.next == 0

    successor = successor_of(bench)
    await successor.until(successor.outcomes)
    successor.engine.feed(0, [join, leave])
    await successor.settle()
    assert successor.partner.received() == [("p-1", "left")]
    assert successor.outcomes() == [("p-1", "removed", None), ("p-1", "skipped", "superseded")]
    await successor.engine.stop()


async def test_of_an_event_for_two_partners_only_what_has_not_ended_begins_again(bench):
    """However often the worker crashes while one of them has not answered."""
    both = (
        connector(action("act_2"), connector_id="con_2"),
        audience(activation(), activation(connector_id="con_2", action_id="act_2"), revision=2),
    )
    bench.publish(*both)
    bench.partner.hold, bench.partner.held_connector = asyncio.Event(), "con_2"
    join = bench.record(membership("p-1", JOINED))
    bench.engine.feed(0, [join])
    await bench.until(lambda: len(bench.outcomes()) == 1 and bench.partner.running == 1)
    assert bench.logs[0].position.ended == {"act_1": b"\x01"}

    second = successor_of(bench, *both)
    second.partner.hold, second.partner.held_connector = bench.partner.hold, "con_2"
    later = second.record(membership("p-2", JOINED))
    second.engine.feed(0, [join, later])
    await second.until(lambda: len(second.outcomes()) == 2 and second.partner.running == 2)
    assert sorted(second.partner.received()) == [("p-1", "joined"), ("p-2", "joined"), ("p-2", "joined")]

    third = successor_of(second, *both)
    third.engine.feed(0, [join, later])
    await third.until(lambda: third.logs[0].position.next == 2)
    assert sorted(third.partner.received()) == [("p-1", "joined"), ("p-2", "joined")]
    found = sorted((one.profile_id, one.connector_id, one.outcome.value) for one in third.logs[0].outcomes)
    assert found == [(profile, partner, "sent") for profile in ("p-1", "p-2") for partner in ("con_1", "con_2")]
    assert third.logs[0].position.ended == {}
    bench.partner.hold.set()
    for crashed in (second, third):
        await crashed.engine.stop()


async def test_an_event_in_flight_is_delivered_although_its_duplicate_was_finished(bench):
    bench.partner.hold = asyncio.Event()
    event = membership("p-1", JOINED, event_id="e-1")
    first, again = bench.record(event), bench.record(event)
    bench.engine.feed(0, [first])
    await bench.until(lambda: bench.partner.running == 1)
    bench.engine.feed(0, [again])
    await bench.until(lambda: bench.outcomes() == [("p-1", "skipped", "duplicate")])

    successor = successor_of(bench)
    successor.engine.feed(0, [first, again])
    await successor.settle()
    assert successor.outcomes() == [("p-1", "skipped", "duplicate"), ("p-1", "sent", None)]
    await successor.engine.stop()


async def test_a_late_change_does_not_replace_what_waits_although_the_horizon_has_forgotten(bench):
    bench.partner.answer = lambda _request: PartnerResponse(503)
    bench.feed(membership("p-1", LEFT, seconds=5))
    await bench.settle()
    successor = successor_of(bench)
    successor.logs[0].records.clear()
    await successor.until(lambda: successor.engine.feeds[0].partition.rows)
    successor.feed(membership("p-1", JOINED))
    await successor.settle()
    await successor.pass_time(30)
    await successor.until(lambda: len(successor.outcomes()) == 2)
    assert successor.partner.received() == [("p-1", "left")]
    assert successor.outcomes() == [("p-1", "skipped", "superseded"), ("p-1", "removed", None)]
    await successor.engine.stop()


async def doubted(bench, first, last):
    """The records up to `last`, of which the feed has had 0 and then those from `first` on: a seek is due."""
    records = [bench.record(membership(f"p-{number}")) for number in range(last + 1)]
    bench.engine.feed(0, records[:1])
    await bench.until(lambda: bench.engine.feeds[0].partition.position.expected == 1)
    bench.engine.feed(0, records[first:last])
    await bench.until(lambda: bench.seeks)
    return records


async def test_chunks_that_were_fetched_before_a_seek_do_not_pass_for_the_re_read(bench):
    records = await doubted(bench, 2, 3)
    bench.engine.feed(0, records[3:])
    await bench.until(lambda: not bench.engine.feeds[0].chunks)
    bench.engine.feed(0, records[1:])
    await bench.settle()
    assert {profile for profile, _ in bench.partner.received()} == {"p-0", "p-1", "p-2", "p-3"}


async def test_nothing_of_the_second_reading_is_let_go_of_when_another_early_chunk_is_doubted(bench):
    records = await doubted(bench, 4, 5)
    for chunk in (records[5:], records[1:3]):
        bench.engine.feed(0, chunk)
    await bench.until(lambda: len(bench.seeks) == 2)
    bench.engine.feed(0, records[3:4])
    bench.engine.feed(0, records[1:])
    await bench.settle()
    assert sorted(profile for profile, _ in bench.partner.received()) == [f"p-{number}" for number in range(6)]


async def test_a_gap_that_a_second_reading_shows_again_is_real(bench):
    bench.feed(membership("p-0"))
    await bench.settle()
    after_a_gap = bench.record(membership("p-1"), offset=7)
    bench.engine.feed(0, [after_a_gap])
    await bench.until(lambda: bench.seeks)
    bench.engine.feed(0, [after_a_gap])
    await bench.settle()
    assert bench.seeks == [(0, 1)]
    assert bench.partner.received() == [("p-0", "joined"), ("p-1", "joined")]


async def test_records_that_never_came_are_read_even_before_the_first_commit(bench):
    bench.record(membership("p-0"))
    bench.engine.feed(0, [bench.record(membership("p-1"))])
    await bench.until(lambda: bench.seeks == [(0, 0)])


async def test_what_an_unknown_commit_held_is_not_passed_over_by_the_last_commit(bench):
    log = bench.logs[0]
    bench.feed(membership("p-0"))
    await bench.settle()
    bench.engine.feeds[0].partition._holds = lambda: False
    log.fail_with.append(CommitUnknown("who knows"))
    bench.feed(membership("p-1"))
    await bench.until(lambda: not log.fail_with)
    bench.feed(membership("p-2"))
    await bench.until(lambda: len(bench.partner.requests) == 3)
    await bench.engine.release({0})
    finished = {outcome.profile_id for outcome in log.outcomes}
    assert log.position.next == len(finished)


async def test_a_commit_that_was_found_to_have_succeeded_counts_as_one(bench):
    log = bench.logs[0]
    bench.feed(membership("p-0"))
    await bench.settle()
    partition = bench.engine.feeds[0].partition
    commit = log.commit

    async def commit_in_silence(unit, position):
        log.commit = commit
        await commit(unit, position)
        raise CommitUnknown("the answer was lost")

    log.commit = commit_in_silence
    bench.feed(membership("p-1"))
    await bench.settle()
    await bench.until(lambda: partition.committed == 2)
    assert bench.outcomes() == [("p-0", "sent", None), ("p-1", "sent", None)]


async def test_a_partition_whose_commits_fail_for_no_known_reason_is_taken_over_again(bench):
    log = bench.logs[0]
    bench.feed(membership("p-0"))
    await bench.settle()
    first = bench.engine.feeds[0].partition
    log.fail_with.append(RuntimeError("nobody has thought of this"))
    event = bench.record(membership("p-1"))
    bench.engine.feed(0, [event])
    await bench.until(lambda: bench.seeks == [(0, 1)])
    assert bench.engine.feeds[0].partition is not first
    bench.engine.feed(0, [event])
    await bench.settle()
    assert bench.outcomes() == [("p-0", "sent", None), ("p-1", "sent", None)]


async def test_rows_of_a_connector_that_was_deleted_before_the_takeover_are_not_sent(bench):
    bench.publish(connector(paused=True, revision=2))
    bench.feed(membership("p-1"))
    await bench.until(lambda: len(bench.logs[0].rows) == 1)
    await bench.engine.release({0})
    bench.delete("connector", "con_1")
    bench.own(0)
    await bench.until(bench.outcomes)
    assert bench.outcomes() == [("p-1", "skipped", "deactivated")]
    assert bench.partner.requests == []
