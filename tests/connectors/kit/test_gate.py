"""What an event needs to be for an action: judged here, and so the same in workers and in previews."""

import pytest

from connectors.kit.declaration import PartnerType
from connectors.kit.gate import as_read_by, closed_by
from connectors.records.delivery import Reason
from connectors.records.profile_event import Change, ProfileEvent
from tests.support.builders import membership

MEMBERSHIPS = (Change.JOINED, Change.LEFT)


@pytest.mark.parametrize(
    ("event", "consent", "identifiers", "reason"),
    [
        (membership(), frozenset(), (), None),
        (membership(change=Change.ENTERED), frozenset(), (), Reason.NOT_SUPPORTED),
        (membership(), frozenset({"ads"}), (), Reason.NO_CONSENT),
        (membership(consent=("ads", "mail")), frozenset({"ads"}), (), None),
        (membership(change=Change.LEFT), frozenset({"ads"}), (), None),
        (membership(), frozenset(), ("phone",), Reason.NO_IDENTIFIER),
        (membership(), frozenset(), ("phone", "email"), None),
        (membership(identifiers={"email": None}), frozenset(), ("email",), Reason.NO_IDENTIFIER),
        (membership(identifiers={}, attributes={"zip": "1"}), frozenset(), ("email", "address"), None),
        (membership(identifiers={}, attributes={"zip": "1"}), frozenset(), ("email",), Reason.NO_IDENTIFIER),
        (membership(identifiers={}, attributes={}), frozenset(), ("email", "address"), Reason.NO_IDENTIFIER),
    ],
)
def test_an_event_is_let_through_or_stopped_for_a_reason(
    event: ProfileEvent, consent: frozenset[str], identifiers: tuple[str, ...], reason: Reason | None
) -> None:
    assert closed_by(event, event.change, MEMBERSHIPS, consent, identifiers) is reason


ADA = {"email": "ada@example.org", "phone": "+442079460958", "crm": "c-1"}
PLACE = {"first_name": "Ada", "last_name": "Lovelace", "zip": "WC2N 5DU", "country": "GB", "tier": "gold"}
ALL = PartnerType(9_100, ("email", "phone", "address"))
ONE = PartnerType(9_101, ("email", "phone"), takes_one=True)


@pytest.mark.parametrize(
    ("partner", "chosen", "identifiers", "attributes"),
    [
        (ALL, (), set(ADA), set(PLACE)),
        (ALL, ("email", "phone", "address"), set(ADA), set(PLACE)),
        (ALL, ("phone", "address"), {"phone", "crm"}, set(PLACE)),
        (ALL, ("phone",), {"phone", "crm"}, {"tier"}),
        (ALL, ("crm",), {"crm"}, {"tier"}),
        (ONE, ("phone", "email"), {"phone", "crm"}, set(PLACE)),
        (ONE, ("external_id", "phone", "email"), {"phone", "crm"}, set(PLACE)),
        (PartnerType(9_102), ("email",), set(ADA), set(PLACE)),
    ],
)
def test_a_connector_sees_the_identifiers_that_it_reads(partner, chosen, identifiers, attributes):
    seen = as_read_by(membership(identifiers=ADA, attributes=PLACE), partner, chosen)
    assert (set(seen.identifiers), set(seen.attributes)) == (identifiers, attributes)
