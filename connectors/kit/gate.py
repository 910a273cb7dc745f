"""Whether an event is for an action at all, and what of the person a connector may see: judged in one place."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from connectors.kit.declaration import PartnerType
from connectors.kit.identifiers import ADDRESS, ADDRESS_PARTS
from connectors.records.delivery import Reason
from connectors.records.profile_event import Change, ProfileEvent


def closed_by(
    event: ProfileEvent, change: Change, on: Collection[Change], consent: AbstractSet[str], identifiers: Sequence[str]
) -> Reason | None:
    """Why nothing is sent for this event, or `None`. Consent gates additions, never removals.

    `on` are the changes that the action's type supports; of `identifiers`, if there are any, the event needs one.
    """
    if change not in on:
        return Reason.NOT_SUPPORTED
    if consent and not change.removes and not consent <= set(event.consent or ()):
        return Reason.NO_CONSENT
    if identifiers and not any(carries(event, name) for name in identifiers):
        return Reason.NO_IDENTIFIER
    return None


def carries(event: ProfileEvent, name: str) -> bool:
    """True when the event may hold this identifier.

    An address is made of attributes, which a mapping may take from anywhere: whoever has attributes may have one, and
    the action type's `refuse` looks closely.
    """
    return bool(event.attributes if name == ADDRESS else event.identifiers.get(name))


def as_read_by(event: ProfileEvent, partner: PartnerType, identifiers: Sequence[str]) -> ProfileEvent:
    """The event as it is read by a connector whose `identifiers` are not its partner type's, or in another order.

    What it does not read is hidden from it; where the partner takes one identifier, all but the first that is there.
    """
    if not identifiers or tuple(identifiers) == partner.identifiers:
        return event
    read = [name for name in identifiers if carries(event, name)]
    hidden = {*partner.identifiers, *identifiers}.difference(read[:1] if partner.takes_one else read)
    known = {name: value for name, value in event.identifiers.items() if name not in hidden}
    if ADDRESS not in hidden:
        return replace(event, identifiers=known)
    rest = {name: value for name, value in event.attributes.items() if name not in ADDRESS_PARTS}
    return replace(event, identifiers=known, attributes=rest)
