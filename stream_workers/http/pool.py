"""The idle connections of one connector: newest first, bounded in number and in age."""

from stream_workers.http.connection import PartnerConnection
from stream_workers.http.limits import SenderLimits


class IdleBudget:
    """How many idle connections may be kept in all pools together."""

    __slots__ = ("left",)

    def __init__(self, limits: SenderLimits) -> None:
        self.left = limits.idle_in_all


class ConnectionPool:
    """Hands out the connection used last, so that surplus ones grow old at the other end.

    aiohttp's pool keeps every connection and does not say whether one was used before; a request may be repeated
    only when it was.
    """

    __slots__ = ("_budget", "_closed", "_count", "_idle", "_limits")

    def __init__(self, limits: SenderLimits, budget: IdleBudget) -> None:
        self._limits = limits
        self._budget = budget
        self._idle: dict[str, list[PartnerConnection]] = {}
        self._count = 0
        self._closed = False

    def take(self, origin: str) -> PartnerConnection | None:
        """An open connection to `origin`, or `None`."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            self._count -= 1
            self._budget.left += 1
            if connection.is_open:
                return connection
        return None

    def give_back(self, connection: PartnerConnection, now: float) -> None:
        """Keep the connection if it can serve again and there is room, else close it."""
        if (
            connection.is_reusable
            and self._count < self._limits.idle_per_connector
            and self._budget.left > 0
            and not self._closed
        ):
            connection.idle_since = now
            idle = self._idle.get(connection.origin)
            if idle is None:
                idle = self._idle[connection.origin] = []
            idle.append(connection)
            self._count += 1
            self._budget.left -= 1
        else:
            connection.abort()

    def drop_idle(self, before: float) -> None:
        """Close what has been idle since before that time, or has been closed by the partner."""
        for origin in list(self._idle):
            kept = [one for one in self._idle[origin] if one.is_open and one.idle_since >= before]
            dropped = [one for one in self._idle[origin] if not (one.is_open and one.idle_since >= before)]
            self._count -= len(dropped)
            self._budget.left += len(dropped)
            for connection in dropped:
                connection.abort()
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]

    def close(self) -> None:
        """Close all; what is out is closed when it comes back."""
        self._closed = True
        self.drop_idle(float("inf"))
