"""What connectors did in the last 24 hours, for lists of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.records.metrics_grain import DAY_SECONDS, QUARTER_HOUR_SECONDS
from control_plane.access.work import Work
from control_plane.outcome import repository
from control_plane.outcome.folding import fold_totals
from control_plane.outcome.repository import Count
from control_plane.outcome.schemas import Totals


@dataclass(frozen=True, slots=True)
class Recent:
    """The last 24 hours, to the quarter hour, and the last delivery ever."""

    totals: Totals
    last_delivery_at: datetime | None


NOTHING = Recent(Totals(), None)


async def recent_of(work: Work, connector_ids: Sequence[str] | None = None) -> dict[str, Recent]:
    """Of these connectors or, for ordering all of them, of the workspace; those with nothing to tell are left out."""
    end = (int(work.now.timestamp()) // QUARTER_HOUR_SECONDS + 1) * QUARTER_HOUR_SECONDS
    span = (end - DAY_SECONDS, end)
    counts: dict[str, list[Count]] = defaultdict(list)
    for count in await repository.connector_counts_within(work, span, connector_ids):
        counts[count.connector_id].append(count)
    last = await repository.connectors_last_delivered(work, connector_ids)
    return {key: Recent(fold_totals(counts.get(key, ())), _moment(last.get(key))) for key in {*counts, *last}}


def _moment(second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)
