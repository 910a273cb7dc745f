"""One total deadline per call, kept without a timer per call: tasks that overstay are cancelled by a shared sweep."""

import asyncio
from time import monotonic
from typing import Any

Watched = dict["asyncio.Task[Any]", float]


class Deadlines:
    """Calls of one length end in the order in which they began, so a sweep looks at the oldest of each length only.

    A cut comes at most one sweep after the deadline. A watched task that is no longer in its `Watched` was cut.
    """

    def __init__(self, sweep_seconds: float = 0.025) -> None:
        self._sweep_seconds = sweep_seconds
        self._by_length: dict[float, Watched] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, task: "asyncio.Task[Any]", started_at: float, seconds: float) -> Watched:
        """Cancel `task` at `started_at + seconds`, unless it has been removed from the returned dict by then."""
        watched = self._by_length.get(seconds)
        if watched is None:
            watched = self._by_length[seconds] = {}
        watched[task] = started_at + seconds
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._sweep_seconds, self._sweep)
        return watched

    @property
    def is_sweeping(self) -> bool:
        """True while any call may still have to be cut."""
        return self._timer is not None

    def cut_all(self) -> None:
        """Cut every call now, as if its time were over."""
        self._cut_until(float("inf"))

    def _sweep(self) -> None:
        self._timer = None
        self._cut_until(monotonic())
        self._by_length = {seconds: watched for seconds, watched in self._by_length.items() if watched}
        if self._by_length:
            self._timer = asyncio.get_running_loop().call_later(self._sweep_seconds, self._sweep)

    def _cut_until(self, now: float) -> None:
        for watched in self._by_length.values():
            for task in _overdue(watched, now):
                del watched[task]
                task.cancel()


def _overdue(watched: Watched, now: float) -> "list[asyncio.Task[Any]]":
    overdue = []
    for task, at in watched.items():
        if at > now:
            break
        overdue.append(task)
    return overdue
