"""The rate limit never lets more through than it says, and never makes anybody wait for nothing."""

from hypothesis import given
from hypothesis import strategies as st

from stream_workers.core.rate_limit import RateLimit


@given(st.floats(0.5, 1_000), st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), min_size=1, max_size=60))
def test_in_any_stretch_of_time_no_more_than_rate_and_burst_pass(rate, asks):
    burst = max(1.0, rate / 10)
    limit, now, passed = RateLimit(rate), 0.0, []
    for pause, units in asks:
        now += pause
        if limit.wait(now, units) == 0:
            limit.take(now, units)
            passed.append((now, units))
    for start in range(len(passed)):
        for end in range(start, len(passed)):
            units = sum(units for _, units in passed[start : end + 1])
            largest = max(units for _, units in passed[start : end + 1])
            seconds = passed[end][0] - passed[start][0]
            assert units <= burst + seconds * rate + largest + 1e-6


@given(st.floats(0.5, 1_000), st.integers(1, 5), st.floats(0, 100))
def test_who_waits_as_long_as_told_may_go(rate, units, now):
    limit = RateLimit(rate)
    for _ in range(5):
        now += limit.wait(now, units)
        assert limit.wait(now + 1e-6, units) < 1e-5
        limit.take(now, units)


def test_a_second_of_silence_never_saves_up_more_than_the_burst():
    limit = RateLimit(10)
    passed = 0
    while limit.wait(1_000.0) == 0:
        limit.take(1_000.0)
        passed += 1
    assert passed == 1
