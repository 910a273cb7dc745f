"""Slows guessing down: an address that was wrong too often within a minute waits."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from control_plane.errors import ApiError

FAILURES = 10
WINDOW_SECONDS = 60.0
_ADDRESSES = 10_000


class TooManyAttempts(ApiError):
    """Wrong keys came too often from there."""

    status = 429
    title = "Too many attempts"
    default_code = "too_many_attempts"


class SignInLimit:
    """Failures by address, in the memory of this process; a success forgets them."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def demand_calm(self, address: str) -> None:
        """Raises `TooManyAttempts`, which says when to come back."""
        failures, horizon = self._failures.get(address, deque()), self._now() - WINDOW_SECONDS
        while failures and failures[0] <= horizon:
            failures.popleft()
        if len(failures) >= FAILURES:
            wait = math.ceil(failures[0] - horizon)
            detail = f"Too many wrong keys came from this address; try again in {wait} s."
            raise TooManyAttempts(detail, headers={"Retry-After": str(wait)})

    def failed(self, address: str) -> None:
        """A key was wrong."""
        self._failures.setdefault(address, deque()).append(self._now())
        self._failures.move_to_end(address)
        if len(self._failures) > _ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """A key was right."""
        self._failures.pop(address, None)
