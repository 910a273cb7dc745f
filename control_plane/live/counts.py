"""Success and error counts of each connector, watched for change."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.records.delivery import OutcomeClass
from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX, DAY_SECONDS
from connectors.records.metrics_table import connector_counts_daily, metrics_positions


@dataclass(slots=True)
class LiveCounts:
    """What the deliveries of a connector ended as; `failed_attempts` are being tried again."""

    sent: int = 0
    removed: int = 0
    errors: int = 0
    skipped: int = 0
    failed_attempts: int = 0

    def add(self, class_: str, count: int) -> None:
        """So many more of a class."""
        if class_.startswith(ATTEMPT_CLASS_PREFIX):
            self.failed_attempts += count
        elif class_ in (OutcomeClass.SENT, OutcomeClass.REMOVED, OutcomeClass.SKIPPED):
            setattr(self, class_, getattr(self, class_) + count)
        else:
            self.errors += count


class CountsWatch:
    """Reads the counts of a workspace when the metrics agent has stored more, and tells what has changed."""

    def __init__(self, workspace: str, days: int) -> None:
        self._workspace = workspace
        self._days = days
        self._mark: tuple[int, int] | None = None
        self._told: dict[str, LiveCounts] = {}

    async def changes(self, session: AsyncSession, now: datetime) -> dict[str, dict[str, int]] | None:
        """The new counts of the connectors that changed, all of them at first; `None` when nothing did."""
        first = int(now.timestamp()) // DAY_SECONDS - self._days + 1
        stored = await session.scalar(select(func.sum(metrics_positions.c.next_offset))) or 0
        if (mark := (first, int(stored))) == self._mark:
            return None
        counts = await self._read(session, first * DAY_SECONDS)
        gone = {connector: LiveCounts() for connector in self._told.keys() - counts.keys()}
        changed = {key: value for key, value in (counts | gone).items() if self._told.get(key) != value}
        is_first, self._mark, self._told = self._mark is None, mark, counts
        return {key: asdict(value) for key, value in changed.items()} if changed or is_first else None

    async def _read(self, session: AsyncSession, since: int) -> dict[str, LiveCounts]:
        c = connector_counts_daily.c
        statement = (
            select(c.connector_id, c["class"], func.sum(c["count"]))
            .where(c.workspace == self._workspace, c.bucket_at >= since)
            .group_by(c.connector_id, c["class"])
        )
        found: dict[str, LiveCounts] = {}
        for connector_id, class_, count in await session.execute(statement):
            found.setdefault(connector_id, LiveCounts()).add(class_, int(count))
        return found
