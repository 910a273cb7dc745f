"""The rate limit of a connector: GCRA (generic cell rate algorithm), which needs one number and no timer."""


class RateLimit:
    """At most `rate` units per second with a burst of `burst` units; times are monotonic seconds, passed in."""

    def __init__(self, rate: float, burst: float | None = None) -> None:
        self._interval = 1.0 / rate
        self._tolerance = (burst if burst is not None else max(1.0, rate / 10)) * self._interval
        self._theoretical = 0.0

    def wait(self, now: float, units: int = 1) -> float:
        """Seconds until `units` may pass; 0 means now. More units than the burst pass when the burst is full."""
        needed = min(units * self._interval, self._tolerance)
        return max(0.0, max(self._theoretical, now) + needed - self._tolerance - now)

    def take(self, now: float, units: int = 1) -> None:
        """`units` pass now."""
        self._theoretical = max(self._theoretical, now) + units * self._interval
