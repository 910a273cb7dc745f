"""What the simulator remembers: the latest requests, counts per path, and each profile's changes in order."""

from collections import deque
from typing import Any

import msgspec

from deploy.local.simulator.exchange import Request

RING = 20_000
MAX_CHANGES = 2_000_000


class _Change(msgspec.Struct, gc=False):
    profile_id: str
    change: str
    event_id: str | None = None


_change_of = msgspec.json.Decoder(_Change).decode


class Received(msgspec.Struct, gc=False):
    """One request, when it came, and the status it was answered with (`None`: no proper answer)."""

    at: float
    request: Request
    status: int | None

    def shown(self) -> dict[str, Any]:
        """For inspection: text as far as it is text."""
        headers = dict(_field(line) for line in self.request.head.split(b"\r\n")[1:])
        return {
            "at": self.at,
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query,
            "headers": headers,
            "body": self.request.body.decode("utf-8", "replace"),
            "status": self.status,
        }


class ReceivedChange(msgspec.Struct, gc=False):
    """One change of a profile: its ids, where it came in, when, and how it was answered."""

    change: str
    event_id: str | None
    delivery_id: str | None
    path: str
    at: float
    status: int | None


class Memory:
    """Bounded: the ring forgets the oldest request; the per-profile lists end at so many changes and say so."""

    def __init__(self, most_changes: int = MAX_CHANGES) -> None:
        self._most_changes = most_changes
        self._ring: deque[Received] = deque(maxlen=RING)
        self._counts: dict[str, int] = {}
        self._profiles: dict[str, list[ReceivedChange]] = {}
        self._changes = 0

    def add(self, request: Request, status: int | None, at: float) -> None:
        """Remembers one request."""
        path = request.path
        self._ring.append(Received(at, request, status))
        self._counts[path] = self._counts.get(path, 0) + 1
        try:
            found = _change_of(request.body)
        except msgspec.MsgspecError:  # a body of another form: in the ring and the counts only
            return
        self._changes += 1
        if self._changes <= self._most_changes:
            key = request.header(b"webhook-id") or request.header(b"idempotency-key")
            change = ReceivedChange(found.change, found.event_id, key, path, at, status)
            self._profiles.setdefault(found.profile_id, []).append(change)

    def latest(self, prefix: str, limit: int) -> list[dict[str, Any]]:
        """The latest requests below a path, oldest first."""
        found = [received for received in self._ring if received.request.path.startswith(prefix)]
        return [received.shown() for received in found[-limit:]]

    def counts(self) -> dict[str, Any]:
        """Requests per path, and in total."""
        return {"total": sum(self._counts.values()), "paths": self._counts}

    def profiles(self, prefix: str) -> dict[str, Any]:
        """Each profile's changes below a path, in the order in which they came."""
        profiles = {
            profile_id: kept
            for profile_id, changes in self._profiles.items()
            if (kept := [change for change in changes if change.path.startswith(prefix)])
        }
        return {"truncated": self._changes > self._most_changes, "profiles": profiles}

    def clear(self) -> None:
        """Forgets everything."""
        self._ring.clear()
        self._counts.clear()
        self._profiles.clear()
        self._changes = 0


def _field(line: bytes) -> tuple[str, str]:
    name, _, value = line.partition(b":")
    return name.decode("latin-1").lower(), value.strip().decode("latin-1")
