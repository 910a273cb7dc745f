"""Now, passed in wherever time matters."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for deadlines."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go back, and that go on while the process is stopped."""
        return time.monotonic()


@lru_cache(maxsize=16)
def as_datetime(milliseconds: int) -> datetime:
    """Unix milliseconds as an aware UTC time. Kept for a moment: many deliveries share a millisecond."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
