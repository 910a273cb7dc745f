"""Deliveries that wait for a time: one heap and one timer of the event loop for all of them."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any

_GRAIN_SECONDS = 0.01


class Timers:
    """Calls back when a monotonic time has come. Hardly an entry is ever removed: callbacks check that they apply."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._heap: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._order = itertools.count()
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")

    def at(self, due: float, callback: Callable[[Any], None], argument: Any) -> None:
        """Call `callback(argument)` at or shortly after `due` (monotonic seconds)."""
        heapq.heappush(self._heap, (due, next(self._order), callback, argument))
        if due < self._armed_for:
            self._arm(due)

    def forget(self, callback: Callable[[Any], None], is_gone: Callable[[Any], bool]) -> None:
        """Let go of what would be called back in vain, and may be due only in an hour."""
        self._heap = [entry for entry in self._heap if entry[2] != callback or not is_gone(entry[3])]
        heapq.heapify(self._heap)

    def wake(self) -> None:
        """Call what is due now, although the event loop's timer has not come."""
        self._fire()

    def close(self) -> None:
        """Nothing is called any more."""
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()

    def _arm(self, due: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed_for = due
        delay = max(_GRAIN_SECONDS, due - self._monotonic())
        self._handle = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._armed_for = None, float("inf")
        now = self._monotonic()
        while self._heap and self._heap[0][0] <= now:
            _due, _order, callback, argument = heapq.heappop(self._heap)
            callback(argument)
        if self._heap and not self._is_armed:
            self._arm(self._heap[0][0])

    @property
    def _is_armed(self) -> bool:
        return self._handle is not None
