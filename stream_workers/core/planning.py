"""Which deliveries an event leads to: pure, by look-ups only, whatever the size of the configuration."""

from collections.abc import Iterator
from dataclasses import replace

from connectors.kit.gate import closed_by
from connectors.records.delivery import Reason
from connectors.records.profile_event import Change, MembershipEvent, ProfileEvent, Source, SourceKind
from stream_workers.core.config_view import EMPTY, ConfigView, Tie
from stream_workers.core.live_config import LiveAction, LiveConnector


class Planned:
    """An action tied to the event's source.

    `skip` of `None` means deliver; a reason means that the delivery ends `skipped` at once. `triggers` is false for an
    action that does not listen to this change: nothing is delivered, but what waits from an older change is replaced.
    """

    __slots__ = ("action", "connector", "skip", "triggers")

    def __init__(
        self, connector: LiveConnector, action: LiveAction, triggers: bool, skip: Reason | None = None
    ) -> None:
        self.connector = connector
        self.action = action
        self.triggers = triggers
        self.skip = skip


def ties_of(event: ProfileEvent, view: ConfigView) -> tuple[Tie, ...] | None:
    """The actions tied to where the event comes from; `None` when the source is not known here."""
    if not isinstance(event, MembershipEvent):
        return view.workspaces.get(event.workspace, EMPTY).events.get(event.name, ())
    ties = ties_at(view, event.workspace, event.source)
    if event.only and ties:
        return tuple(tie for tie in ties if tie.action_id in event.only)
    return ties


def ties_at(view: ConfigView, workspace_name: str, source: Source) -> tuple[Tie, ...] | None:
    """The actions tied to a source of memberships; `None` when it is not known here."""
    workspace = view.workspaces.get(workspace_name, EMPTY)
    if source.kind is SourceKind.AUDIENCE:
        return workspace.audiences.get(source.id)
    ties = workspace.journeys.get(source.id)
    return _at_step(ties, source.step) if ties is not None else None


def _at_step(ties: tuple[Tie, ...], step: str | None) -> tuple[Tie, ...]:
    """One tie per action: an action that is attached to every step and to this one triggers once, on both's changes."""
    here: dict[str, Tie] = {}
    for tie in ties:
        if tie.step is None or tie.step == step:
            known = here.get(tie.action_id)
            here[tie.action_id] = tie if known is None else replace(known, on=known.on | tie.on)
    return tuple(here.values())


def plan(event: ProfileEvent, ties: tuple[Tie, ...], view: ConfigView) -> Iterator[Planned]:
    """Each tied action with what is to be done. A tie whose connector or action is gone (deleted) plans nothing."""
    change = event.change
    for tie in ties:
        connector = view.connectors.get(tie.connector_id)
        action = connector.actions.get(tie.action_id) if connector is not None else None
        if connector is None or action is None or connector.config.workspace != event.workspace:
            continue
        if change in tie.on:
            yield Planned(connector, action, True, skip_reason(event, change, connector, action))
        else:
            yield Planned(connector, action, False)


def skip_reason(event: ProfileEvent, change: Change, connector: LiveConnector, action: LiveAction) -> Reason | None:
    """Why nothing is sent for this event through this action, or `None`."""
    if not (action.active and connector.config.active):
        return Reason.DEACTIVATED
    if action.broken is not None or action.type is None:
        return None
    return closed_by(event, change, action.type.on, action.consent, connector.identifiers)
