"""One partner for many workers, which answers as its mood says and remembers what began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse


@dataclass
class Sent:
    """One request that began: who, which change, of which version; and whether it was accepted."""

    worker: int
    profile: str
    change: str
    delivery_id: str
    version: tuple[int, int]
    accepted: bool | None = None


class ScriptedPartner:
    """One partner for all workers. `mood` decides: `healthy`, `failing`, `hanging`, `rejecting`, or `every other`."""

    def __init__(self, versions: Callable[[str], tuple[int, int]]) -> None:
        self.sent: list[Sent] = []
        self.mood = "healthy"
        self.begun: Callable[[Sent], None] = lambda _sent: None
        self._versions = versions
        self._let_go = asyncio.Event()
        self._count = 0

    def let_go(self) -> None:
        """Requests that hang are answered now."""
        self._let_go.set()
        self._let_go = asyncio.Event()

    async def answer(self, worker: int, request: PartnerRequest) -> Answer:
        """Remember the rows, and answer as the mood says."""
        rows = [
            Sent(worker, row["profile_id"], row["change"], row["id"], self._versions(row["id"]))
            for row in msgspec.json.decode(request.body)["rows"]
        ]
        self.sent += rows
        for row in rows:
            self.begun(row)
        if self.mood == "hanging":
            await self._let_go.wait()
        self._count += 1
        fails = self.mood == "failing" or (self.mood == "every other" and self._count % 2)
        status = 503 if fails else 400 if self.mood == "rejecting" else 200
        for row in rows:
            row.accepted = status == 200
        return PartnerResponse(status)
