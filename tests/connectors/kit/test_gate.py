"""What an event needs to be for an action: judged here, and so the same in workers and in previews."""

import pytest

from connectors.kit.gate import closed_by
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
    ],
)
def test_an_event_is_let_through_or_stopped_for_a_reason(
    event: ProfileEvent, consent: frozenset[str], identifiers: tuple[str, ...], reason: Reason | None
) -> None:
    assert closed_by(event, event.change, MEMBERSHIPS, consent, identifiers) is reason
