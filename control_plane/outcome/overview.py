"""The statistics of a whole workspace, connector by connector, from the rolled-up counts."""

from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from control_plane.access.work import Work
from control_plane.database.models import Workspace
from control_plane.outcome import repository
from control_plane.outcome.folding import fold_days, fold_totals
from control_plane.outcome.repository import ConnectorName, Count
from control_plane.outcome.schemas import ConnectorStatistics, Statistics
from control_plane.outcome.window import Window, WindowLength


async def read_overview(work: Work, window: Window, length: WindowLength, zone: ZoneInfo) -> Statistics:
    """Totals of each connector, deleted ones too, and the days of everything together."""
    counts = await repository.connector_totals(work, window.start, window.end)
    days = await repository.workspace_by_day(work, window)
    last = await repository.connectors_last_delivered(work)
    workspace = await work.session.get_one(Workspace, work.workspace)
    return Statistics(
        window=length,
        time_zone=zone.key,
        start=datetime.fromtimestamp(window.start, UTC),
        end=work.now,
        totals=fold_totals(counts),
        by_day=fold_days(window.days, days, int(workspace.created_at.timestamp())),
        connectors=_connectors(await repository.connector_names(work), counts, last),
    )


def _connectors(names: list[ConnectorName], counts: list[Count], last: dict[str, int]) -> list[ConnectorStatistics]:
    by_connector: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        by_connector[count.connector_id].append(count)
    named = {name.id: name for name in names}
    deleted = [ConnectorName(key, None, None) for key in sorted(set(by_connector) - set(named))]
    return [
        ConnectorStatistics(
            connector_id=known.id,
            name=known.name,
            type=known.type,
            last_delivery_at=None if known.id not in last else datetime.fromtimestamp(last[known.id], UTC),
            totals=fold_totals(by_connector.get(known.id, ())),
            partner_codes=[],
            actions=[],
        )
        for known in (*names, *deleted)
    ]
