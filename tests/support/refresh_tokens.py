"""Refresh tokens of one worker, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.records.config import ConnectorConfig
from stream_workers.engine.credential_log import NoTurn


class RefreshTokensInMemory:
    """`is_taken` keeps the turn from everybody; `kept` are the newest tokens by the one that the admin gave."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.is_taken = False

    @asynccontextmanager
    async def turn(self, connector: ConnectorConfig, seconds: float) -> AsyncIterator[None]:
        """At once, or never."""
        if self.is_taken:
            raise NoTurn("Another worker is renewing the access token.")
        self.is_taken = True
        try:
            yield
        finally:
            self.is_taken = False

    def newest(self, connector: ConnectorConfig, given: str) -> str | None:
        """What was kept last."""
        return self.kept.get(given)

    async def keep(self, connector: ConnectorConfig, given: str, newest: str) -> None:
        """Safe at once."""
        self.kept[given] = newest
