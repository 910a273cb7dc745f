"""The circuit breaker: any course of answers, and what it lets through."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stream_workers.core.breaker import Breaker, BreakerPolicy, BreakerState

POLICY = BreakerPolicy(failures=3, open_seconds=5, max_open_seconds=20, probes=1)


class BreakerMachine(RuleBasedStateMachine):
    """Requests begin when allowed, and end in any order."""

    def __init__(self):
        super().__init__()
        self.breaker = Breaker(POLICY)
        self.now = 0.0
        self.running = 0
        self.probes = 0

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds):
        self.now += seconds

    @rule()
    def a_request_begins_if_it_may(self):
        if self.breaker.allows(self.now):
            if self.breaker.state is BreakerState.HALF_OPEN:
                self.probes += 1
            self.breaker.started()
            self.running += 1

    @precondition(lambda self: self.running)
    @rule(how=st.sampled_from(("succeeded", "failed", "given_up")))
    def a_request_ends(self, how):
        self.running -= 1
        before = self.breaker.state
        if how == "succeeded":
            assert self.breaker.succeeded() == (before is not BreakerState.CLOSED)
            assert self.breaker.state is BreakerState.CLOSED
        elif how == "failed":
            opened = self.breaker.failed(self.now)
            assert not opened or before is BreakerState.CLOSED
        else:
            self.breaker.given_up()
        if self.breaker.state is not BreakerState.HALF_OPEN or how == "given_up":
            self.probes = 0

    @invariant()
    def an_open_breaker_opens_again_within_the_maximum(self):
        if self.breaker.state is BreakerState.OPEN:
            assert self.breaker.retry_at <= self.now + POLICY.max_open_seconds

    @invariant()
    def one_probe_at_a_time(self):
        assert self.probes <= 1


TestBreaker = BreakerMachine.TestCase


@given(st.integers(1, 10))
def test_a_partner_that_goes_on_failing_is_asked_ever_more_rarely(rounds):
    breaker, now, waits = Breaker(POLICY), 0.0, []
    for _ in range(POLICY.failures):
        breaker.failed(now)
    for _ in range(rounds):
        waits.append(breaker.retry_at - now)
        assert not breaker.allows(breaker.retry_at - 0.01)
        now = breaker.retry_at
        assert breaker.allows(now)
        breaker.started()
        assert not breaker.allows(now)
        breaker.failed(now)
    assert waits == [min(5 * 2**number, 20) for number in range(rounds)]
