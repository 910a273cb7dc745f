"""One partner for many workers, which answers as its mood says and remembers what began."""

from __future__ import annotations

import asyncio
from collections import Counter
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
    """One partner for all workers. `mood` decides: `healthy`, `failing`, `hanging`, `rejecting`, or `every other`.

    With `jobs` it takes what is new and has done it when it is asked about it; every third job must not be gone on with
    after a missing answer or a takeover.
    """

    def __init__(self, versions: Callable[[str], tuple[int, int]]) -> None:
        self.sent: list[Sent] = []
        self.jobs = False
        self.quick: set[str] = set()
        """Deliveries to another partner, which takes everything at once, whatever the mood."""
        self.at_once: list[Sent] = []
        """Requests that a worker began while another one of it for the same profile had not been answered."""
        self.mood = "healthy"
        self.begun: Callable[[Sent], None] = lambda _sent: None
        self._versions = versions
        self._let_go = asyncio.Event()
        self._count = 0
        self._open: Counter[tuple[int, str]] = Counter()

    def let_go(self) -> None:
        """Requests that hang are answered now."""
        self._let_go.set()
        self._let_go = asyncio.Event()

    async def answer(self, worker: int, request: PartnerRequest) -> Answer:
        """Remember the rows, and answer as the mood says."""
        body = msgspec.json.decode(request.body)
        if body["rows"][0]["id"] in self.quick:
            return PartnerResponse(200)
        asks = self.jobs and body["ticket"] is not None
        rows = [
            Sent(worker, row["profile_id"], row["change"], row["id"], self._versions(row["id"])) for row in body["rows"]
        ]
        for row in () if asks else rows:
            self.sent.append(row)
            self.begun(row)
        places = [(worker, row.profile) for row in rows]
        self.at_once += [row for row in rows if self._open[worker, row.profile]]
        self._open.update(places)
        try:
            return await self._answer(rows, asks=asks)
        finally:
            self._open.subtract(places)

    async def _answer(self, rows: list[Sent], *, asks: bool) -> Answer:
        if self.mood == "hanging":
            await self._let_go.wait()
        self._count += 1
        fails = self.mood == "failing" or (self.mood == "every other" and self._count % 2)
        status = 503 if fails else 400 if self.mood == "rejecting" else 200
        if status == 200 and self.jobs and not asks:
            return PartnerResponse(202, body=b"fragile-1" if self._count % 3 == 0 else b"t-1")
        for row in rows:
            row.accepted = status == 200
        if asks:
            self.sent += rows
        return PartnerResponse(status)
