"""Builders of profile events, with Ada as the profile unless a test says otherwise."""

from datetime import UTC, datetime
from typing import Any

from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, Source, SourceKind

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def joined(**changes: Any) -> MembershipEvent:
    """Ada joined the audience `aud_ada`."""
    return membership(Change.JOINED, **changes)


def left(**changes: Any) -> MembershipEvent:
    """Ada left the audience `aud_ada`."""
    return membership(Change.LEFT, **changes)


def membership(change: Change, **changes: Any) -> MembershipEvent:
    """A membership event of Ada's."""
    fields: dict[str, Any] = {
        "v": 1,
        "workspace": "default",
        "profile_id": "p-1",
        "event_id": "e-1",
        "occurred_at": NOON,
        "source": Source(SourceKind.AUDIENCE, "aud_ada"),
        "identifiers": {"email": "Ada@Example.org"},
    }
    return MembershipEvent(change=change, **{**fields, **changes})


def occurred(**changes: Any) -> PlainEvent:
    """Ada bought a book."""
    fields: dict[str, Any] = {
        "v": 1,
        "workspace": "default",
        "profile_id": "p-1",
        "event_id": "e-1",
        "occurred_at": NOON,
        "name": "order_placed",
        "identifiers": {"email": "Ada@Example.org"},
        "properties": {"total": 12.5, "items": [{"sku": "b-1"}, {"sku": "b-2"}]},
    }
    return PlainEvent(**{**fields, **changes})
