"""One total deadline per call, kept without a timer per call: calls that overstay are cut by a shared sweep."""

import asyncio
from time import monotonic
from typing import Protocol


class Cuttable(Protocol):
    """A call whose time can be over."""

    def cut(self, *, closing: bool = False) -> None:
        """It has overstayed, or everything closes."""


Watched = dict[Cuttable, float]


class Deadlines:
    """Calls of one length end in the order in which they began, so a sweep looks at the oldest of each length only.

    A cut comes at most one sweep after the deadline.
    """

    def __init__(self, sweep_seconds: float = 0.025) -> None:
        self._sweep_seconds = sweep_seconds
        self._by_length: dict[float, Watched] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, call: Cuttable, started_at: float, seconds: float) -> Watched:
        """Cut `call` at `started_at + seconds`, unless it has been removed from the returned dict by then."""
        watched = self._by_length.get(seconds)
        if watched is None:
            watched = self._by_length[seconds] = {}
        watched[call] = started_at + seconds
        if self._timer is None:
            self._arm()
        return watched

    @property
    def is_sweeping(self) -> bool:
        """True while any call may still have to be cut."""
        return self._timer is not None

    def close(self) -> None:
        """Cut every call now."""
        self._cut_until(float("inf"), closing=True)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._sweep_seconds, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        self._cut_until(monotonic())
        self._by_length = {seconds: watched for seconds, watched in self._by_length.items() if watched}
        if self._by_length and not self.is_sweeping:
            self._arm()

    def _cut_until(self, now: float, *, closing: bool = False) -> None:
        # A call that is cut may lead to another one at once.
        for watched in list(self._by_length.values()):
            for call in _overdue(watched, now):
                if watched.pop(call, None) is not None:
                    call.cut(closing=closing)


def _overdue(watched: Watched, now: float) -> list[Cuttable]:
    overdue = []
    for call, at in watched.items():
        if at > now:
            break
        overdue.append(call)
    return overdue
