"""Rows that wait to be sent together: one batch per action and kind of change."""

from dataclasses import dataclass, field
from math import inf

from connectors.kit.declaration import BatchRule
from stream_workers.engine.connector import Group
from stream_workers.engine.delivery import Delivery, Stage

_ROWS_TO_SPARE = 1_000

BatchKey = tuple[str, bool]
"""(action id, removes)."""


@dataclass(slots=True)
class OpenBatch:
    """The rows of one action and one kind of change; `due` is when the oldest has waited long enough (monotonic)."""

    rule: BatchRule
    due: float
    rows: list[Delivery] = field(default_factory=list)
    size: int = 0
    living: int = 0
    """How many of the rows were still waiting when they were looked through last."""

    def is_full(self) -> bool:
        """True when it must go by count or bytes."""
        return len(self.rows) >= self.rule.max_rows or self.size >= self.rule.max_bytes


class Batches:
    """The open batches of one connector."""

    def __init__(self) -> None:
        self._open: dict[BatchKey, OpenBatch] = {}
        self.awaited = inf
        """When they are looked at next (monotonic): the timer of this time counts, and no other."""

    def add(self, delivery: Delivery, rule: BatchRule, within: float, now: float) -> tuple[float | None, bool]:
        """Put a row into its batch, which is to go within so many seconds if it is a new one.

        Returns when a new batch is due (else `None`), and whether the batch is full.
        """
        key = (delivery.action_id, delivery.change.removes)
        batch = self._open.get(key)
        opened = batch is None
        if batch is None:
            batch = self._open[key] = OpenBatch(rule, now + min(within, rule.max_age_seconds))
        batch.rows.append(delivery)
        batch.size += delivery.taken.size
        return (batch.due if opened else None), batch.is_full()

    def flush(self, now: float, *, everything: bool = False) -> list[Group]:
        """The groups that are due."""
        groups: list[Group] = []
        for key, batch in list(self._open.items()):
            if everything or batch.is_full() or now >= batch.due - 0.02:
                del self._open[key]
                groups += _groups(batch)
        return groups

    def put_off(self, now: float) -> None:
        """Nothing may be sent: the rows go on gathering. What newer changes have replaced is let go of."""
        for batch in self._open.values():
            batch.due = now + batch.rule.max_age_seconds
            if len(batch.rows) > 2 * batch.living + _ROWS_TO_SPARE:
                batch.rows = [delivery for delivery in batch.rows if delivery.stage is Stage.READY]
                batch.size = sum(delivery.taken.size for delivery in batch.rows)
                batch.living = len(batch.rows)

    def next_due(self) -> float | None:
        """When the next open batch is due."""
        return min((batch.due for batch in self._open.values()), default=None)

    def __len__(self) -> int:
        return sum(len(batch.rows) for batch in self._open.values())


def _groups(batch: OpenBatch) -> list[Group]:
    groups: list[Group] = []
    rows: Group = []
    size = 0
    for delivery in batch.rows:
        if delivery.stage is Stage.READY:
            rows.append(delivery)
            size += delivery.taken.size
            if len(rows) >= batch.rule.max_rows or size >= batch.rule.max_bytes:
                groups.append(rows)
                rows, size = [], 0
    return [*groups, rows] if rows else groups
