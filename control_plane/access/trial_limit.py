"""Keeps trials few: each asks a partner for real, on behalf of whoever presses the button."""

import time
from collections.abc import Callable

from control_plane.access.recent_times import RecentTimes
from control_plane.errors import ApiError

WINDOW_SECONDS = 60.0


class TooManyTrials(ApiError):
    """One user has started too many connection tests, test sends and test alerts."""

    status = 429
    title = "Too many trials"
    default_code = "too_many_trials"


class TrialLimit:
    """Trials by user; those that were refused do not count."""

    def __init__(self, a_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._trials = RecentTimes(WINDOW_SECONDS, now)

    def take(self, user_id: str) -> None:
        """Count one more; raises `TooManyTrials`, which says when to come back."""
        wait = self._trials.wait(user_id, self._a_minute)
        if wait:
            detail = f"You have tried {self._a_minute} times within a minute; try again in {wait} s."
            raise TooManyTrials(detail, headers={"Retry-After": str(wait)})
        self._trials.note(user_id)
