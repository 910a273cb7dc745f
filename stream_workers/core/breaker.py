"""The circuit breaker of a connector: when to stop asking a partner that fails, and when to ask again."""

from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """Closed: requests flow. Open: none. Half-open: a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens after this many failures in a row; waits `open_seconds` before a probe, doubling up to the maximum."""

    failures: int = 20
    open_seconds: float = 5.0
    max_open_seconds: float = 60.0
    probes: int = 1


class Breaker:
    """Pure state machine; times are monotonic seconds, passed in."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._opened = 0
        self._probes = 0
        self._retry_at = 0.0
        self.state = BreakerState.CLOSED

    @property
    def is_calm(self) -> bool:
        """True while it is closed and the last request did not fail."""
        return self.state is BreakerState.CLOSED and self._failures == 0

    def allows(self, now: float) -> bool:
        """May a request start? When half-open, taking a probe must be told by `started`."""
        if self.state is BreakerState.CLOSED:
            return True
        if self.state is BreakerState.OPEN and now >= self._retry_at:
            self.state = BreakerState.HALF_OPEN
            self._probes = 0
        return self.state is BreakerState.HALF_OPEN and self._probes < self._policy.probes

    def started(self) -> None:
        """A request has begun."""
        if self.state is BreakerState.HALF_OPEN:
            self._probes += 1

    def given_up(self) -> None:
        """A request that had begun was not sent after all: its probe is free again."""
        if self.state is BreakerState.HALF_OPEN:
            self._probes = max(0, self._probes - 1)

    def succeeded(self) -> bool:
        """The partner answered usefully; true when this closes the breaker."""
        self._failures = 0
        if self.state is BreakerState.CLOSED:
            return False
        self.state = BreakerState.CLOSED
        self._opened = 0
        return True

    def failed(self, now: float) -> bool:
        """The partner failed (no answer, or a server error); true when this opens the breaker."""
        self._failures += 1
        if self.state is BreakerState.OPEN:
            return False
        if self.state is BreakerState.CLOSED and self._failures < self._policy.failures:
            return False
        wait = min(self._policy.open_seconds * 2**self._opened, self._policy.max_open_seconds)
        self._opened += 1
        self._retry_at = now + wait
        was_closed = self.state is BreakerState.CLOSED
        self.state = BreakerState.OPEN
        return was_closed

    @property
    def retry_at(self) -> float:
        """When an open breaker lets a probe through (monotonic seconds)."""
        return self._retry_at
