"""The last 24 hours of every connector, hour by hour: the small lines of the overview."""

from datetime import UTC, datetime

from connectors.records.metrics_grain import DAY_SECONDS, HOUR_SECONDS
from control_plane.access.work import Work
from control_plane.outcome import repository
from control_plane.outcome.schemas import HoursRead, Recently

HOURS = DAY_SECONDS // HOUR_SECONDS


async def read_hours(work: Work) -> HoursRead:
    """Connectors that did nothing are left out."""
    end = (int(work.now.timestamp()) // HOUR_SECONDS + 1) * HOUR_SECONDS
    start = end - DAY_SECONDS
    connectors: dict[str, Recently] = {}
    for connector_id, hour, delivered, failed in await repository.by_hour(work, (start, end)):
        told = connectors.setdefault(connector_id, Recently(delivered=[0] * HOURS, errors=[0] * HOURS))
        told.delivered[hour], told.errors[hour] = delivered, failed
    return HoursRead(start=datetime.fromtimestamp(start, UTC), connectors=connectors)
