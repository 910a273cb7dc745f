"""Which change is newer: a total order, and no clock that runs ahead can win a race that has not been run."""

from hypothesis import given
from hypothesis import strategies as st

from stream_workers.core.versions import version_of
from tests.support.builders import NOON_MS, membership

seconds = st.integers(-100_000, 100_000)
records = st.tuples(seconds, st.integers(0, 100_000))


@given(st.lists(records, min_size=2, max_size=20))
def test_a_record_is_never_newer_than_its_own_arrival_and_no_two_are_equal(changes):
    versions = []
    for offset, (moved, arrived) in enumerate(changes):
        appended_at = NOON_MS + arrived * 1000
        version = version_of(membership(seconds=moved), appended_at, offset)
        assert version[0] <= appended_at
        assert version[0] == min(NOON_MS + moved * 1000, appended_at)
        versions.append(version)
    assert len(set(versions)) == len(versions)


@given(seconds, st.integers(0, 100), st.integers(1, 100))
def test_a_change_from_the_future_is_older_than_whatever_comes_later(ahead, arrived, later):
    dated_ahead = version_of(membership(seconds=arrived + abs(ahead)), NOON_MS + arrived * 1000, 1)
    afterwards = version_of(membership(seconds=arrived + later), NOON_MS + (arrived + later) * 1000, 2)
    assert afterwards > dated_ahead
