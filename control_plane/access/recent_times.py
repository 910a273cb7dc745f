"""When something happened lately, by key, in the memory of this process."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

_KEYS = 10_000


class RecentTimes:
    """The times within the last `seconds`; of ten thousand keys at most, the latest ones."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str, allowed: int) -> int:
        """After how many seconds fewer than `allowed` times are left; 0 when fewer are left now."""
        times, horizon = self._times.get(key, deque()), self._now() - self._seconds
        while times and times[0] <= horizon:
            times.popleft()
        return math.ceil(times[-allowed] - horizon) if len(times) >= allowed else 0

    def note(self, key: str) -> None:
        """It has happened now."""
        self._times.setdefault(key, deque()).append(self._now())
        self._times.move_to_end(key)
        if len(self._times) > _KEYS:
            self._times.popitem(last=False)

    def forget(self, key: str) -> None:
        """As if it never had."""
        self._times.pop(key, None)
