"""Made-up events: they give a preview something to show before anything has happened."""

from datetime import UTC, datetime

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, ProfileEvent, Source, SourceKind

_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_IDENTIFIERS: dict[str, str | None] = {
    "email": "ada@example.org",
    "phone": "+31612345678",
    "external_id": "c-1815",
    "customer_id": "1815",
}
_ATTRIBUTES = {"first_name": "Ada", "last_name": "Lovelace", "country": "NL", "visits": 12, "newsletter": True}


def example_events(workspace: str, consent: frozenset[str] = frozenset()) -> tuple[ProfileEvent, ...]:
    """One event for each kind of change; Ada consents to what is asked for."""
    audience, step = Source(SourceKind.AUDIENCE, "vip"), Source(SourceKind.JOURNEY, "welcome", "first_mail")
    changes = (
        (Change.JOINED, audience),
        (Change.LEFT, audience),
        (Change.ENTERED, step),
        (Change.EXITED, step),
    )
    return (
        *(_membership(workspace, consent, change, source) for change, source in changes),
        PlainEvent(
            v=SCHEMA_VERSION,
            workspace=workspace,
            profile_id="p-ada",
            event_id="example-occurred",
            occurred_at=_AT,
            name="order_placed",
            identifiers=_IDENTIFIERS,
            attributes=_ATTRIBUTES,
            properties={"order_id": "o-1", "total": 12.5, "currency": "EUR", "items": [{"sku": "b-1", "quantity": 2}]},
            consent=tuple(sorted(consent)),
        ),
    )


def _membership(workspace: str, consent: frozenset[str], change: Change, source: Source) -> MembershipEvent:
    return MembershipEvent(
        v=SCHEMA_VERSION,
        workspace=workspace,
        profile_id="p-ada",
        event_id=f"example-{change.value}",
        occurred_at=_AT,
        source=source,
        change=change,
        identifiers=_IDENTIFIERS,
        attributes=_ATTRIBUTES,
        consent=tuple(sorted(consent)),
    )
