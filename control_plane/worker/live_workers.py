"""Which workers are alive and what each has applied, from the statuses that they publish every second."""

import time
from collections.abc import Callable, Iterable

from connectors.records.codec import UndecodableRecord, decode
from connectors.records.delivery import WorkerStatus

LIVE_SECONDS = 10.0


class LiveWorkers:
    """The newest status of each worker; one that has been silent for ten seconds is no longer counted."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._statuses: dict[str, WorkerStatus] = {}
        self.trouble: str | None = "worker-status has not been read yet"

    def heard(self, records: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        """Take statuses in; a tombstone is a worker that left, and what cannot be read is no status."""
        for key, value in records:
            if key is None:
                continue
            if value is None:
                self._statuses.pop(key.decode("utf-8", "replace"), None)
                continue
            try:
                status = decode(WorkerStatus, value)
            except UndecodableRecord:
                continue
            self._statuses[status.worker_id] = status

    def live(self) -> list[WorkerStatus]:
        """Those that were heard of lately, by id."""
        horizon = self._now() - LIVE_SECONDS
        self._statuses = {key: status for key, status in self._statuses.items() if status.at.timestamp() >= horizon}
        return [self._statuses[key] for key in sorted(self._statuses)]

    def applied(self, key: str, revision: int) -> tuple[int, int]:
        """On how many live workers this revision of a config key (or a later one) is in force, of how many."""
        live = self.live()
        return sum(status.applied.get(key, 0) >= revision for status in live), len(live)
