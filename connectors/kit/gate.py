"""Whether an event is for an action at all: the change, consent and identifiers it needs, judged in one place."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from connectors.records.delivery import Reason
from connectors.records.profile_event import Change, ProfileEvent


def closed_by(
    event: ProfileEvent, change: Change, on: Collection[Change], consent: AbstractSet[str], identifiers: Iterable[str]
) -> Reason | None:
    """Why nothing is sent for this event, or `None`. Consent gates additions, never removals.

    `on` are the changes that the action's type supports; of `identifiers`, if there are any, the event needs one.
    """
    if change not in on:
        return Reason.NOT_SUPPORTED
    if consent and not change.removes and not consent <= set(event.consent or ()):
        return Reason.NO_CONSENT
    if identifiers and not any(event.identifiers.get(name) for name in identifiers):
        return Reason.NO_IDENTIFIER
    return None
