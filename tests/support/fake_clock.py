"""A clock that stands still until it is told to go on."""

from tests.support.builders import NOON_MS


class FakeClock:
    """Wall time starts a minute after noon, monotonic time at 1,000 seconds."""

    def __init__(self) -> None:
        self.seconds = 60.0

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return NOON_MS + int(self.seconds * 1000)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return 1_000.0 + self.seconds

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.seconds += seconds
