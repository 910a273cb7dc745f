"""Which dead letters can no longer be replayed when the configuration changes."""

from connectors.records.profile_event import Source
from stream_workers.core.config_view import ConfigView
from stream_workers.core.identity import source_of_row
from stream_workers.core.planning import ties_at
from stream_workers.engine.partition import OwnedPartition


def clear_parked(partition: OwnedPartition, before: ConfigView, view: ConfigView) -> None:
    """Deactivating or deleting an action, or taking it off its source, makes its dead letters final."""
    if not partition.parked or (before.connectors == view.connectors and before.workspaces == view.workspaces):
        return
    tied: dict[tuple[str, Source], frozenset[str]] = {}
    for key, delivery in list(partition.parked.items()):
        place = source_of_row(key)
        if place not in tied:
            tied[place] = frozenset(tie.action_id for tie in ties_at(view, *place) or ())
        if delivery.action_id not in tied[place] or not delivery.connector.is_wanted(delivery):
            partition.unpark(key)
