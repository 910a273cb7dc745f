"""The worker's lease on its partitions: how long ago the group was heard from."""

import time
from collections.abc import Awaitable, Callable
from typing import Any


class Lease:
    """Held while a heartbeat that the group answered was sent less than `seconds` ago (a freeze counts too)."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._heard_at = float("-inf")
        self._coordinator: Any = None

    @property
    def has_ended(self) -> bool:
        """True when aiokafka keeps our membership no more, so that no heartbeat can ever renew the lease."""
        return self._coordinator is not None and self._coordinator._coordination_task.done()

    def is_held(self) -> bool:
        """True while nobody else can have been given our partitions."""
        return self._monotonic() - self._heard_at < self._seconds

    def renew(self, sent_at: float) -> None:
        """The group answered a request that was sent at `sent_at`."""
        self._heard_at = max(self._heard_at, sent_at)

    def drop(self) -> None:
        """The group no longer counts on us."""
        self._heard_at = float("-inf")

    def follow(self, coordinator: Any) -> None:
        """Renew with every heartbeat that aiokafka's group coordinator sends with success."""
        if coordinator is self._coordinator:
            return
        send: Callable[[], Awaitable[bool]] = coordinator._do_heartbeat

        async def heartbeat() -> bool:
            sent_at = self._monotonic()
            accepted = await send()
            if accepted:
                self.renew(sent_at)
            return accepted

        coordinator._do_heartbeat = heartbeat
        self._coordinator = coordinator
