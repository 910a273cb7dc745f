"""What Campaign Manager 360's answers mean: one result per conversion, in the order in which they were sent.

Codes: https://developers.google.com/doubleclick-advertisers/rest/v5/ConversionStatus
"""

from collections.abc import Mapping

import msgspec

from connectors.kit.classification import ACCEPTED, Classification, Verdict
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.google_access import CODES as GOOGLE_CODES
from connectors.kit.google_access import REASONS, VERDICTS, classify_google_error, unreadable

DOCUMENTATION = "https://developers.google.com/doubleclick-advertisers/rest/v5/ConversionStatus"

ROW_VERDICTS: Mapping[str, Verdict] = {
    "INTERNAL": Verdict.TRY_AGAIN,
    "INVALID_ARGUMENT": Verdict.REJECTED,
    "NOT_FOUND": Verdict.REJECTED,
    "PERMISSION_DENIED": Verdict.REJECTED,
}

CODES: Mapping[str, str] = {
    **{code: GOOGLE_CODES[code] for code in ("UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "UNAVAILABLE")},
    "INVALID_ARGUMENT": "Google refused the conversion or the request: an id or a value is not valid.",
    "INTERNAL": "An error at Google; it is tried again.",
    "PERMISSION_DENIED": "The user profile may not insert conversions for this Floodlight activity.",
    "NOT_FOUND": "The Floodlight activity, or the click or impression, is not known.",
    "rateLimitExceeded": "Too many requests a second; it waits.",
    "userRateLimitExceeded": "Too many requests of this user; it waits.",
    "quotaExceeded": "The day's requests are used up; it waits.",
}


class _Error(msgspec.Struct):
    code: str = ""


class _Status(msgspec.Struct):
    errors: list[_Error] = []


class _Answer(msgspec.Struct, rename="camel"):
    has_failures: bool
    status: list[_Status] = []


def conversions_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per row where Google gives one: a 200 may hold refused conversions."""
    rows = len(sent.rows)
    if not 200 <= response.status < 300:
        return (classify_google_error(response, sent.now, VERDICTS),) * rows
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
    except msgspec.MsgspecError:
        return (unreadable(response, sent.now),) * rows
    if not answer.has_failures:
        return (ACCEPTED,) * rows
    # The ordinal keeps a conversion that is sent again from counting twice.
    return _by_row(answer.status) if len(answer.status) == rows else (unreadable(response, sent.now),) * rows


def _by_row(statuses: list[_Status]) -> tuple[Classification, ...]:
    codes = [status.errors[0].code if status.errors else "" for status in statuses]
    if all(code == "PERMISSION_DENIED" for code in codes):
        verdict = Verdict.UNAUTHORIZED
        return (Classification(verdict, REASONS[verdict], "PERMISSION_DENIED"),) * len(codes)
    return tuple(_meaning(status, code) for status, code in zip(statuses, codes, strict=True))


def _meaning(status: _Status, code: str) -> Classification:
    if not status.errors:
        return ACCEPTED
    verdict = ROW_VERDICTS.get(code, Verdict.REJECTED)
    return Classification(verdict, REASONS[verdict], code or None)
