"""Warnings at publication: two sources on one target at the partner, and actions that would not send yet."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from control_plane.access.work import Work
from control_plane.database.models import Action, Connector
from control_plane.publishing.connectors import KIND, target_of
from control_plane.publishing.uses import uses_of_connector
from control_plane.publishing.versions import PublishWarning, current_versions


async def publish_warnings(
    work: Work, kind: str, source: str, activations: Sequence[dict[str, Any]]
) -> list[PublishWarning]:
    """What the admin should know about a source that has just been published."""
    action_ids = {activation["action_id"] for activation in activations}
    actions = (await work.session.scalars(select(Action).where(Action.id.in_(action_ids)).order_by(Action.id))).all()
    connectors = {
        row.id: row
        for row in await work.session.scalars(
            select(Connector).where(Connector.id.in_({action.connector_id for action in actions}))
        )
    }
    shared = await _shared_targets(work, (kind, source), actions, connectors)
    return [*shared, *await _silent(work, actions, connectors)]


async def _silent(work: Work, actions: Iterable[Action], connectors: dict[str, Connector]) -> list[PublishWarning]:
    published = await current_versions(work, KIND, [(row.id, row.published_version) for row in connectors.values()])
    sending = {action["id"] for version in published.values() for action in version.snapshot["actions"]}
    warnings = []
    for action in actions:
        if action.id not in sending:
            detail = f"The action {action.name!r} is not published; nothing is sent through it yet."
            warnings.append(PublishWarning(code="action_not_published", detail=detail))
        elif not (action.active and connectors[action.connector_id].active):
            detail = f"The action {action.name!r} or its connector is deactivated; nothing is sent through it."
            warnings.append(PublishWarning(code="action_deactivated", detail=detail))
    return warnings


async def _shared_targets(
    work: Work, source: tuple[str, str], actions: Sequence[Action], connectors: dict[str, Connector]
) -> list[PublishWarning]:
    mine = {_target(work, connectors, action): action for action in actions}
    mine.pop(None, None)
    warnings = []
    for connector_id in {action.connector_id for action in mine.values()}:
        uses = [use for use in await uses_of_connector(work, connector_id) if use.in_published]
        others = [use for use in uses if (use.kind, use.id) != source]
        rows = await work.session.scalars(select(Action).where(Action.id.in_({use.action_id for use in others})))
        by_id = {row.id: row for row in rows}
        for use in others:
            target = _target(work, connectors, by_id[use.action_id])
            if target is not None and target in mine:
                detail = f"The {use.kind} {use.name!r} sends to the same target {target[1]!r}: the latest change wins."
                warnings.append(PublishWarning(code="shared_target", detail=detail))
    return warnings


def _target(work: Work, connectors: dict[str, Connector], action: Action) -> tuple[str, str] | None:
    content = {"type": action.type, "fields": action.fields}
    target = target_of(work, connectors[action.connector_id].type, content)
    return None if target is None else (action.connector_id, str(target))
