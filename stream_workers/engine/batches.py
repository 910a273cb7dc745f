"""Rows that wait to be sent together: one batch per action and kind of change."""

from dataclasses import dataclass, field

from connectors.kit.declaration import BatchRule
from stream_workers.engine.connector import Connector, Group
from stream_workers.engine.delivery import Delivery, Stage

_HELD_SECONDS = 1.0

BatchKey = tuple[str, bool]
"""(action id, removes)."""


@dataclass(slots=True)
class OpenBatch:
    """The rows of one action and one kind of change; `due` is when the oldest has waited long enough (monotonic)."""

    rule: BatchRule
    due: float
    rows: list[Delivery] = field(default_factory=list)
    size: int = 0

    def is_full(self) -> bool:
        """True when it must go by count or bytes."""
        return len(self.rows) >= self.rule.max_rows or self.size >= self.rule.max_bytes


class Batches:
    """The open batches of one connector."""

    def __init__(self) -> None:
        self._open: dict[BatchKey, OpenBatch] = {}

    def add(self, delivery: Delivery, rule: BatchRule, now: float) -> tuple[float | None, bool]:
        """Put a row into its batch; returns when a new batch is due (else `None`), and whether the batch is full."""
        key = (delivery.action_id, delivery.change.removes)
        batch = self._open.get(key)
        opened = batch is None
        if batch is None:
            batch = self._open[key] = OpenBatch(rule, now + rule.max_age_seconds)
        batch.rows.append(delivery)
        batch.size += delivery.taken.size
        return (batch.due if opened else None), batch.is_full()

    def flush(self, connector: Connector, now: float, *, everything: bool = False) -> list[Group]:
        """The groups that are due. A row whose profile has an attempt running stays for the next one."""
        groups: list[Group] = []
        for key, batch in list(self._open.items()):
            if everything or batch.is_full() or now >= batch.due - 0.02:
                del self._open[key]
                groups += self._groups(connector, key, batch, now)
        return groups

    def next_due(self) -> float | None:
        """When the next open batch is due."""
        return min((batch.due for batch in self._open.values()), default=None)

    def __len__(self) -> int:
        return sum(len(batch.rows) for batch in self._open.values())

    def _groups(self, connector: Connector, key: BatchKey, batch: OpenBatch, now: float) -> list[Group]:
        rows: list[Delivery] = []
        held: list[Delivery] = []
        for delivery in batch.rows:
            if delivery.stage is not Stage.READY:
                continue
            if connector.lanes.is_running(delivery.lane):
                held.append(delivery)
                continue
            connector.lanes.begin(delivery)
            rows.append(delivery)
        if held:
            soon = now + min(batch.rule.max_age_seconds, _HELD_SECONDS)
            size = sum(delivery.taken.size for delivery in held)
            self._open[key] = OpenBatch(batch.rule, soon, held, size)
        limit = batch.rule.max_rows
        return [rows[start : start + limit] for start in range(0, len(rows), limit)]
