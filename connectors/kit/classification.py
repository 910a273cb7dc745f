"""What an answer means: a closed set of verdicts, each of which says who must act, and the table for plain statuses."""

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from connectors.kit.exchange import Answer, PartnerResponse, TransportError, TransportErrorKind
from connectors.records.delivery import Reason

MAX_RETRY_AFTER_SECONDS = 3600.0


class Verdict(StrEnum):
    """What one answer means for one row."""

    ACCEPTED = "accepted"
    ALREADY_DONE = "already_done"
    THROTTLED = "throttled"
    TRY_AGAIN = "try_again"
    ACCEPTED_LATER = "accepted_later"
    REJECTED = "rejected"
    UNAUTHORIZED = "unauthorized"
    MISCONFIGURED = "misconfigured"
    SPLIT = "split"
    """The partner refused the whole batch for a row it does not name: the engine halves the batch to find it."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What an answer means for one row.

    `partner_code` is the partner's own code as given. `retry_after` is in seconds. `ticket` goes with
    `ACCEPTED_LATER`: at most 2 KiB of text that the connector's `continue_` understands. `detail` is for a person.
    """

    verdict: Verdict
    reason: Reason | None = None
    partner_code: str | None = None
    retry_after: float | None = None
    ticket: str | None = None
    detail: str | None = None


ACCEPTED: Final = Classification(Verdict.ACCEPTED)
ALREADY_DONE = Classification(Verdict.ALREADY_DONE)

DEFAULT_BY_STATUS: Final[Mapping[int, Verdict]] = {
    **dict.fromkeys(range(200, 300), Verdict.ACCEPTED),
    **dict.fromkeys(range(300, 400), Verdict.MISCONFIGURED),
    **dict.fromkeys(range(400, 500), Verdict.REJECTED),
    **dict.fromkeys(range(500, 600), Verdict.TRY_AGAIN),
    401: Verdict.UNAUTHORIZED,
    403: Verdict.UNAUTHORIZED,
    407: Verdict.UNAUTHORIZED,
    408: Verdict.TRY_AGAIN,
    423: Verdict.TRY_AGAIN,
    425: Verdict.TRY_AGAIN,
    429: Verdict.THROTTLED,
    501: Verdict.REJECTED,
    505: Verdict.REJECTED,
}

REASONS = {
    Verdict.THROTTLED: Reason.THROTTLED,
    Verdict.TRY_AGAIN: Reason.PARTNER_UNAVAILABLE,
    Verdict.REJECTED: Reason.REJECTED,
    Verdict.UNAUTHORIZED: Reason.UNAUTHORIZED,
    Verdict.MISCONFIGURED: Reason.MISCONFIGURED,
    Verdict.SPLIT: Reason.REJECTED,
}


def refusal(verdict: Verdict, code: str | None, retry_after: float | None = None) -> Classification:
    """A classification other than success, with the reason that goes with the verdict."""
    return Classification(verdict, REASONS.get(verdict), code, retry_after)


def classify_by_status(response: PartnerResponse, now: datetime) -> Classification:
    """The default reading of an answer: by status alone, with `Retry-After` honoured. `now` is for its date form."""
    verdict = DEFAULT_BY_STATUS.get(response.status, Verdict.REJECTED)
    if verdict is Verdict.ACCEPTED:
        return ACCEPTED
    return refusal(verdict, str(response.status), retry_after_seconds(response.headers, now))


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """`Retry-After` (RFC 9110, 10.2.3) in seconds, from 0 to one hour; `None` when it is absent or nonsense."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), MAX_RETRY_AFTER_SECONDS)
    try:
        at = email.utils.parsedate_to_datetime(value)
        seconds = (at - now).total_seconds() if at.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def classify_transport_error(error: TransportError) -> Classification:
    """What it means that no answer came: time may help, unless the request or the address itself is wrong."""
    match error.kind:
        case TransportErrorKind.ADDRESS_REFUSED | TransportErrorKind.REQUEST_INVALID:
            return Classification(Verdict.MISCONFIGURED, Reason.MISCONFIGURED, detail=error.detail)
        case TransportErrorKind.TIMEOUT:
            return Classification(Verdict.TRY_AGAIN, Reason.NO_ANSWER, detail=error.detail)
        case TransportErrorKind.ANSWER_UNREADABLE:
            return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, detail=error.detail)
        case _:
            return Classification(Verdict.TRY_AGAIN, Reason.UNREACHABLE, detail=error.detail)


def is_answer(answer: Answer) -> bool:
    """True when the partner answered at all."""
    return isinstance(answer, PartnerResponse)
