"""Why errors of a kind happen, and what to do about them, in words for the admin who sees them."""

from dataclasses import dataclass

from connectors.records.delivery import OutcomeClass, Reason


@dataclass(frozen=True, slots=True)
class Advice:
    """The likely cause, and the next step."""

    likely_cause: str
    what_to_do: str


_REPLAY = "Then replay the dead letters of this group."

_BY_REASON: dict[str, Advice] = {
    Reason.CANNOT_RENDER: Advice(
        "The mapping or template could not be filled from these events, or it gave something that cannot be sent.",
        f"Preview the mapping against one of these events, mend it, and publish. {_REPLAY}",
    ),
    Reason.MISCONFIGURED: Advice(
        "A setting of the connector or a field of the action is wrong: its address, list, table or permissions.",
        f"Test the connection, compare the settings with the partner's console, and publish. {_REPLAY}",
    ),
    Reason.UNREACHABLE: Advice(
        "The partner's address does not answer: its name, network, port or certificate, or a refusal by the firewall.",
        "Test the connection. If it works now, the outage is over: replay the dead letters of this group.",
    ),
    Reason.INTERNAL_ERROR: Advice(
        "Something unforeseen happened on our side.",
        f"Look into the worker's log for `internal_error` at this time, and report it. {_REPLAY}",
    ),
    Reason.REJECTED: Advice(
        "The partner looked at the data and refused it; its code says why.",
        "Open a delivery of this group and read the response. Mend the mapping or the data at its source, and replay.",
    ),
    Reason.THROTTLED: Advice(
        "The partner allows fewer requests than were needed, for longer than a delivery is tried again.",
        f"Lower the connector's rate limits or ask the partner for more quota. {_REPLAY}",
    ),
    Reason.PARTNER_UNAVAILABLE: Advice(
        "The partner answered with server errors for longer than a delivery is tried again.",
        "Look at the partner's status page. When it is well again, replay the dead letters of this group.",
    ),
    Reason.UNREADABLE_ANSWER: Advice(
        "What answered does not speak as the partner does: a proxy, a login page, or a changed interface.",
        f"Open a delivery of this group, read the response, and check the connector's address. {_REPLAY}",
    ),
    Reason.UNAUTHORIZED: Advice(
        "The partner no longer accepts the connector's credentials, or they lack a permission.",
        f"Replace the secret, test the connection, and publish. {_REPLAY}",
    ),
    Reason.NO_ANSWER: Advice(
        "The partner took longer than the connector's time-out, again and again.",
        "Look at the partner's status page; raise the time-out if the partner is always slow. What timed out may have "
        "been applied all the same, which is harmless for lists.",
    ),
}

_BY_CLASS = {
    OutcomeClass.INVALID_CREDENTIALS: _BY_REASON[Reason.UNAUTHORIZED],
    OutcomeClass.TIMEOUT: _BY_REASON[Reason.NO_ANSWER],
    OutcomeClass.PARTNER_ERROR: _BY_REASON[Reason.REJECTED],
    OutcomeClass.OTHER_ERROR: _BY_REASON[Reason.INTERNAL_ERROR],
}


def advice_for(outcome: str, reason: str) -> Advice:
    """By reason where there is one; the outcome class decides for the others."""
    return _BY_REASON.get(reason) or _BY_CLASS[OutcomeClass(outcome)]
