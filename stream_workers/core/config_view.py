"""Folding config records and tombstones into an immutable view of everything that is published."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from connectors.records.config import (
    Activation,
    AudienceConfig,
    ConfigRecord,
    ConnectorConfig,
    CredentialConfig,
    FeedConfig,
    JourneyConfig,
    TurnConfig,
)
from connectors.records.profile_event import Change
from stream_workers.core.live_config import LiveConnector


@dataclass(frozen=True, slots=True)
class Tie:
    """An action tied to a source, with the changes that trigger it; `step` is for journeys."""

    connector_id: str
    action_id: str
    on: frozenset[Change]
    step: str | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """What one workspace has published: sources by id, and feeds by event name."""

    audiences: Mapping[str, tuple[Tie, ...]] = field(default_factory=dict)
    journeys: Mapping[str, tuple[Tie, ...]] = field(default_factory=dict)
    events: Mapping[str, tuple[Tie, ...]] = field(default_factory=dict)


EMPTY: Final = WorkspaceView()


@dataclass(frozen=True, slots=True)
class ConfigView:
    """A snapshot of the published configuration up to `position` (an offset of `connector-config`)."""

    position: int = -1
    connectors: Mapping[str, LiveConnector] = field(default_factory=dict)
    workspaces: Mapping[str, WorkspaceView] = field(default_factory=dict)
    records: Mapping[bytes, ConfigRecord] = field(default_factory=dict)

    def revisions(self) -> dict[str, int]:
        """The applied revision of every key, for the worker's status."""
        return {key.decode(): record.revision for key, record in self.records.items()}


Change_ = tuple[int, bytes, ConfigRecord | None]
"""(offset, key, record or `None` for a tombstone)."""


def fold(
    view: ConfigView, changes: Iterable[Change_], make_live: Callable[[ConnectorConfig], LiveConnector]
) -> ConfigView:
    """The view after these changes, in order. A record with a revision below the one applied is ignored.

    Credentials that workers renew are no part of what is published; `Credentials` folds them.
    """
    records, connectors = dict(view.records), dict(view.connectors)
    position, stale = view.position, set()
    for offset, key, record in changes:
        position = max(position, offset)
        if isinstance(record, CredentialConfig | TurnConfig):
            continue
        known = records.get(key)
        if record is None:
            records.pop(key, None)
        elif known is not None and record.revision < known.revision:
            continue
        else:
            records[key] = record
        touched = record if record is not None else known
        if isinstance(touched, ConnectorConfig):
            _fold_connector(connectors, touched.id, record, make_live)
        elif touched is not None:
            stale.add(touched.workspace)
    workspaces = dict(view.workspaces)
    for name in stale:
        workspaces[name] = _workspace_view(name, records.values())
    return replace(view, position=position, records=records, connectors=connectors, workspaces=workspaces)


def _fold_connector(
    connectors: dict[str, LiveConnector],
    connector_id: str,
    record: ConfigRecord | None,
    make_live: Callable[[ConnectorConfig], LiveConnector],
) -> None:
    if isinstance(record, ConnectorConfig):
        connectors[connector_id] = make_live(record)
    else:
        connectors.pop(connector_id, None)


def _workspace_view(name: str, records: Iterable[ConfigRecord]) -> WorkspaceView:
    audiences: dict[str, tuple[Tie, ...]] = {}
    journeys: dict[str, tuple[Tie, ...]] = {}
    events: dict[str, tuple[Tie, ...]] = {}
    for record in records:
        if record.workspace != name:
            continue
        match record:
            case AudienceConfig():
                audiences[record.id] = _ties(record.activations)
            case JourneyConfig():
                journeys[record.id] = _ties(record.activations)
            case FeedConfig():
                for event_name in record.event_names:
                    events[event_name] = _merged(events.get(event_name, ()), _ties(record.activations))
            case _:
                pass
    return WorkspaceView(audiences, journeys, events)


def _ties(activations: Iterable[Activation]) -> tuple[Tie, ...]:
    """One tie per action and step: an action that is attached twice triggers once, on the changes of both."""
    return _merged((), [Tie(a.connector_id, a.action_id, frozenset(a.on), a.step) for a in activations])


def _merged(first: tuple[Tie, ...], second: Iterable[Tie]) -> tuple[Tie, ...]:
    merged = {(tie.action_id, tie.step): tie for tie in first}
    for tie in second:
        key = (tie.action_id, tie.step)
        known = merged.get(key)
        merged[key] = tie if known is None else replace(known, on=known.on | tie.on)
    return tuple(merged.values())
