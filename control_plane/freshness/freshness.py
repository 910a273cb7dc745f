"""How far the statistics lag: the oldest report of the workers that the metrics agent has not counted yet."""

from dataclasses import dataclass
from datetime import UTC, datetime

from control_plane.freshness.schemas import FreshnessRead

STALE_SECONDS = 30.0


@dataclass(slots=True)
class Freshness:
    """What was seen last; `trouble` says why nothing can be told."""

    waiting_since: datetime | None = None
    trouble: str | None = "not looked yet"

    def seen(self, oldest_ms: int | None) -> None:
        """The oldest report that waits, in unix milliseconds; `None` when everything is counted."""
        self.waiting_since = None if oldest_ms is None else datetime.fromtimestamp(oldest_ms / 1000, UTC)
        self.trouble = None

    def read(self, now: datetime) -> FreshnessRead:
        """Some reports are always on their way: only those that have waited for long make statistics stale."""
        waited = 0.0 if self.waiting_since is None else max(0.0, (now - self.waiting_since).total_seconds())
        return FreshnessRead(
            stale=waited > STALE_SECONDS,
            waiting_since=self.waiting_since,
            behind_seconds=waited,
            trouble=self.trouble,
        )
