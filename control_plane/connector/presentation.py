"""Connectors as answers: drafts with what is published, how far it is applied, and how workers see it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from connectors.records.delivery import ConnectorHealth
from control_plane.access.work import Work
from control_plane.connector import repository
from control_plane.connector.schemas import (
    ActionCounts,
    ActionState,
    ConnectorRead,
    ConnectorStatus,
    LimitsInput,
    SecretRead,
    Trouble,
    WorkerConnectorState,
)
from control_plane.database.models import Action, Connector, Version
from control_plane.publishing.connectors import KIND, connector_key, differs, published_version
from control_plane.publishing.lookup import actions_of
from control_plane.publishing.source_schemas import AppliedRead
from control_plane.publishing.versions import current_versions


async def show(work: Work, connector: Connector) -> ConnectorRead:
    """One connector."""
    return (await show_all(work, [connector]))[0]


async def show_all(work: Work, connectors: Sequence[Connector]) -> list[ConnectorRead]:
    """Many, with three more queries altogether."""
    versions = await current_versions(work, KIND, [(row.id, row.published_version) for row in connectors])
    actions: dict[str, list[Action]] = defaultdict(list)
    for action in await actions_of(work, [row.id for row in connectors]):
        actions[action.connector_id].append(action)
    starred = await repository.favourites(work, [row.id for row in connectors])
    found = troubles(work)
    return [
        _read(work, row, actions[row.id], versions.get(row.id)).model_copy(
            update={"favourite": row.id in starred, "trouble": found.get(row.id)}
        )
        for row in connectors
    ]


async def show_status(work: Work, connector: Connector) -> ConnectorStatus:
    """The state of a connector and of its actions."""
    version = await published_version(work, connector)
    published = set() if version is None else {action["id"] for action in version.snapshot["actions"]}
    actions = [action for action in await actions_of(work, [connector.id]) if not action.removed]
    return ConnectorStatus(
        id=connector.id,
        status=status_of(connector),
        applied=_applied(work, connector),
        actions=[_action_state(connector, action, action.id in published) for action in actions],
        workers=_workers(work, connector),
    )


def status_of(connector: Connector) -> Literal["active", "paused", "deactivated"]:
    """The word for its operational state; deactivation wins."""
    if not connector.active:
        return "deactivated"
    return "paused" if connector.paused else "active"


def troubles(work: Work) -> dict[str, Trouble]:
    """The gravest thing that live workers report, by connector."""
    found: dict[str, Trouble] = {}
    for worker in work.parts.workers.live():
        for connector_id, health in worker.connectors.items():
            if health.credentials_refused:
                found[connector_id] = "credentials_invalid"
            elif health.breaker == "open":
                found.setdefault(connector_id, "breaker_open")
    return found


def _read(work: Work, row: Connector, actions: Sequence[Action], published: Version | None) -> ConnectorRead:
    type_ = work.types.get(row.type)
    present = [action for action in actions if not action.removed]
    return ConnectorRead(
        id=row.id,
        type=row.type,
        type_label=row.type if type_ is None else type_.label,
        name=row.name,
        settings=row.settings,
        secrets={name: SecretRead() for name in row.secrets},
        identifiers=row.identifiers,
        limits=LimitsInput(**row.limits),
        labels=row.labels,
        active=row.active,
        paused=row.paused,
        activation=row.activation,
        status=status_of(row),
        published_version=row.published_version,
        unpublished_changes=differs(row, actions, published),
        revision=row.revision,
        applied=_applied(work, row),
        actions=ActionCounts(active=sum(action.active for action in present), total=len(present)),
        row_version=row.row_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def _applied(work: Work, connector: Connector) -> AppliedRead:
    on, of = work.parts.workers.applied(connector_key(connector.id), connector.revision)
    return AppliedRead(on=on, of=of)


def _action_state(connector: Connector, action: Action, published: bool) -> ActionState:
    trace = None
    if not connector.active:
        trace = "Off because its connector is off."
    elif not action.active:
        trace = "Deactivated."
    elif not published:
        trace = "Not published."
    elif connector.paused:
        trace = "Held because its connector is paused."
    return ActionState(id=action.id, name=action.name, active=action.active, sends=trace is None, trace=trace)


def _workers(work: Work, connector: Connector) -> list[WorkerConnectorState]:
    key, states = connector_key(connector.id), []
    for worker in work.parts.workers.live():
        health = worker.connectors.get(connector.id) or ConnectorHealth()
        states.append(
            WorkerConnectorState(
                worker_id=worker.worker_id,
                applied=worker.applied.get(key, 0) >= connector.revision,
                breaker=health.breaker,
                credentials_refused=health.credentials_refused,
                in_flight=health.in_flight,
                pending=health.pending,
                reason=health.reason,
            )
        )
    return states
