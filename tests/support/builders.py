"""Builders of events and config records with human values; every argument has a sensible default."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.config import (
    ActionConfig,
    Activation,
    AudienceConfig,
    ConnectorConfig,
    FeedConfig,
    JourneyConfig,
)
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, Source, SourceKind

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)


def membership(profile_id: str = "p-1", change: Change = Change.JOINED, **changes: Any) -> MembershipEvent:
    """A change in the audience `vip`, at noon; `seconds` moves it."""
    seconds = changes.pop("seconds", 0)
    source = changes.pop("source", Source(SourceKind.AUDIENCE, "vip"))
    fields: dict[str, Any] = {"identifiers": {"email": "ada@example.org"}, **changes}
    return MembershipEvent(
        v=SCHEMA_VERSION,
        workspace=fields.pop("workspace", "default"),
        profile_id=profile_id,
        occurred_at=NOON + timedelta(seconds=seconds),
        source=source,
        change=change,
        **fields,
    )


def plain_event(profile_id: str = "p-1", name: str = "purchase", **changes: Any) -> PlainEvent:
    """Something that a profile did, at noon; `seconds` moves it."""
    seconds = changes.pop("seconds", 0)
    fields: dict[str, Any] = {"identifiers": {"email": "ada@example.org"}, **changes}
    return PlainEvent(
        v=SCHEMA_VERSION,
        workspace=fields.pop("workspace", "default"),
        profile_id=profile_id,
        occurred_at=NOON + timedelta(seconds=seconds),
        name=name,
        **fields,
    )


def event_bytes(event: MembershipEvent | PlainEvent) -> bytes:
    """The event as it stands on the topic."""
    return encode(event)


def action(action_id: str = "act_1", **changes: Any) -> ActionConfig:
    """An active action of the type `sync_list`."""
    fields: dict[str, Any] = {"type": "sync_list", "name": "Sync the list", "active": True, "activation": 1, **changes}
    return ActionConfig(id=action_id, **fields)


def connector(*actions: ActionConfig, connector_id: str = "con_1", **changes: Any) -> ConnectorConfig:
    """An active connector with these actions, or with one."""
    fields: dict[str, Any] = {
        "workspace": "default",
        "type": "acme",
        "name": "Acme",
        "version": 1,
        "revision": 1,
        "active": True,
        "activation": 1,
        **changes,
    }
    return ConnectorConfig(v=SCHEMA_VERSION, id=connector_id, actions=actions or (action(),), **fields)


def activation(
    action_id: str = "act_1",
    *on: Change,
    connector_id: str = "con_1",
    step: str | None = None,
) -> Activation:
    """An action attached to joins and leaves, or to these changes."""
    return Activation(connector_id=connector_id, action_id=action_id, on=on or (Change.JOINED, Change.LEFT), step=step)


def audience(*activations: Activation, audience_id: str = "vip", **changes: Any) -> AudienceConfig:
    """A published audience with these activations, or with one."""
    fields: dict[str, Any] = {"workspace": "default", "name": audience_id, "version": 1, "revision": 1, **changes}
    return AudienceConfig(v=SCHEMA_VERSION, id=audience_id, activations=activations or (activation(),), **fields)


def journey(*activations: Activation, journey_id: str = "welcome", **changes: Any) -> JourneyConfig:
    """A published journey."""
    fields: dict[str, Any] = {"workspace": "default", "name": journey_id, "version": 1, "revision": 1, **changes}
    return JourneyConfig(v=SCHEMA_VERSION, id=journey_id, activations=activations, **fields)


def feed(*activations: Activation, event_names: tuple[str, ...] = ("purchase",), **changes: Any) -> FeedConfig:
    """A published event feed."""
    fields: dict[str, Any] = {
        "id": "fed_1",
        "workspace": "default",
        "name": "Purchases",
        "version": 1,
        "revision": 1,
        **changes,
    }
    on_occurred = activations or (activation("act_1", Change.OCCURRED),)
    return FeedConfig(v=SCHEMA_VERSION, event_names=event_names, activations=on_occurred, **fields)
