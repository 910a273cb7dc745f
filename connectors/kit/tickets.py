"""Tickets of jobs: what a connector keeps in a row between an answer and its next question, as JSON text."""

from typing import TypeVar

import msgspec

from connectors.kit.classification import Classification, Verdict

Ticket = TypeVar("Ticket", bound=msgspec.Struct)


def later(ticket: msgspec.Struct | str, seconds: float = 0.0) -> Classification:
    """`ACCEPTED_LATER`: the partner works on it, and is asked again in so many seconds."""
    text = ticket if isinstance(ticket, str) else msgspec.json.encode(ticket).decode()
    return Classification(Verdict.ACCEPTED_LATER, ticket=text, retry_after=seconds)


def ticket_of(text: str | None, type_: type[Ticket]) -> Ticket | None:
    """The ticket that `later` wrote, or `None` when there is none yet."""
    return msgspec.json.decode(text, type=type_) if text else None
