"""Slows guessing down: an address that was wrong too often within a minute waits."""

import time
from collections.abc import Callable

from control_plane.access.recent_times import RecentTimes
from control_plane.errors import ApiError

FAILURES = 10
WINDOW_SECONDS = 60.0


class TooManyAttempts(ApiError):
    """Wrong keys came too often from there."""

    status = 429
    title = "Too many attempts"
    default_code = "too_many_attempts"


class SignInLimit:
    """Failures by address; a success forgets them."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._failures = RecentTimes(WINDOW_SECONDS, now)

    def demand_calm(self, address: str) -> None:
        """Raises `TooManyAttempts`, which says when to come back."""
        wait = self._failures.wait(address, FAILURES)
        if wait:
            detail = f"Too many wrong keys came from this address; try again in {wait} s."
            raise TooManyAttempts(detail, headers={"Retry-After": str(wait)})

    def failed(self, address: str) -> None:
        """A key was wrong."""
        self._failures.note(address)

    def succeeded(self, address: str) -> None:
        """A key was right."""
        self._failures.forget(address)
