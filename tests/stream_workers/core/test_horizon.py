"""What the recent past knows, against a model that forgets nothing."""

from hypothesis import given
from hypothesis import strategies as st

from stream_workers.core.horizon import HORIZON_MS, HORIZON_RECORDS, Horizon

Changes = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), max_size=80)


@given(Changes)
def test_within_the_horizon_exactly_the_changes_older_than_the_newest_are_late(changes):
    horizon, newest = Horizon(), {}
    for offset, (member, moment) in enumerate(changes):
        horizon.advance(offset)
        version = (moment, offset)
        assert horizon.is_late(member, version) == (member in newest and newest[member] > version)
        newest[member] = max(newest.get(member, version), version)


@given(st.lists(st.sampled_from(["e-1", "e-2", "e-3"]), max_size=40))
def test_only_the_first_record_of_an_event_is_no_duplicate(events):
    horizon, seen = Horizon(), set()
    for offset, event in enumerate(events):
        horizon.advance(offset)
        assert horizon.is_duplicate(event, offset) == (event in seen)
        seen.add(event)


def test_a_record_that_is_read_again_is_no_duplicate_of_itself():
    horizon = Horizon()
    assert not horizon.is_duplicate("e-1", 7)
    assert not horizon.is_duplicate("e-1", 7)
    assert horizon.is_duplicate("e-1", 8)


def test_five_minutes_are_remembered_and_ten_are_forgotten():
    horizon = Horizon()
    horizon.advance(0)
    horizon.is_duplicate("e-1", 0)
    horizon.advance(HORIZON_MS // 2)
    assert horizon.is_duplicate("e-1", 1)
    horizon.advance(HORIZON_MS)
    assert not horizon.is_duplicate("e-1", 2)


def test_memory_is_bounded_by_records_too():
    horizon = Horizon()
    for offset in range(HORIZON_RECORDS + 10):
        horizon.advance(0)
        horizon.is_duplicate(f"e-{offset}", offset)
    assert not horizon.is_duplicate("e-0", HORIZON_RECORDS + 10)
    assert horizon.is_duplicate(f"e-{HORIZON_RECORDS}", HORIZON_RECORDS + 11)
