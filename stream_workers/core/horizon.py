"""The recent past of a partition: which events were seen, and the newest change of each membership."""

from hashlib import blake2b
from typing import Final

from stream_workers.core.versions import Version

HORIZON_MS: Final = 10 * 60 * 1000
HORIZON_RECORDS: Final = 200_000


class Horizon:
    """Duplicates and late changes are recognised within 10 minutes (append time) or the last 200,000 records.

    Two generations, so that forgetting costs nothing: what was not seen again during one whole generation is dropped.
    A generation is half the horizon; recognition therefore reaches back between one half and the whole of it.
    Only digests and numbers are kept: a worker remembers some million events.
    """

    def __init__(self) -> None:
        self._events: dict[bytes, int] = {}
        self._older_events: dict[bytes, int] = {}
        self._newest: dict[bytes, int] = {}
        self._older_newest: dict[bytes, int] = {}
        self._began_at: int | None = None
        self._noted = 0

    def is_duplicate(self, event_key: str, offset: int) -> bool:
        """True when another record carried this event before; notes it otherwise. `event_key`: profile and event id."""
        key = _digest(event_key)
        seen = self._events.get(key)
        if seen is None:
            seen = self._older_events.get(key)
        if seen is None:
            self._events[key] = offset
            return False
        return seen != offset

    def is_known(self, event_key: str) -> bool:
        """True when a record carried this event before; notes nothing."""
        key = _digest(event_key)
        return key in self._events or key in self._older_events

    def is_late(self, membership: str, version: Version) -> bool:
        """True when a newer change of this membership (profile, source, step) was seen; notes the version otherwise."""
        key, number = _digest(membership), _number(version)
        newest = self._newest.get(key)
        if newest is None:
            newest = self._older_newest.get(key)
        if newest is not None and newest > number:
            return True
        self._newest[key] = number
        return False

    def knows_newer(self, membership: str, version: Version) -> bool:
        """True when a newer change of this membership was seen; notes nothing."""
        key = _digest(membership)
        newest = self._newest.get(key)
        if newest is None:
            newest = self._older_newest.get(key)
        return newest is not None and newest > _number(version)

    def advance(self, appended_at: int) -> None:
        """A record was noted, appended at this time (unix milliseconds): begin a new generation when it is due."""
        if self._began_at is None:
            self._began_at = appended_at
        self._noted += 1
        if self._noted >= HORIZON_RECORDS // 2 or appended_at - self._began_at >= HORIZON_MS // 2:
            self._older_events, self._events = self._events, {}
            self._older_newest, self._newest = self._newest, {}
            self._began_at, self._noted = appended_at, 0


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _number(version: Version) -> int:
    """One number that compares as the version does: offsets are below 2**63."""
    moment, offset = version
    return (moment << 63) + offset
