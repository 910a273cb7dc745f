"""What LinkedIn's answers mean: one result per element, in the order in which they were sent.

https://learn.microsoft.com/linkedin/marketing/matched-audiences/create-and-manage-segment-users
"""

from collections.abc import Mapping

import msgspec

from connectors.kit.classification import (
    ACCEPTED,
    DEFAULT_BY_STATUS,
    Classification,
    Verdict,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

DOCUMENTATION = "https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling"

THROTTLED_SECONDS = 60.0
"""The limit on these calls is counted by the minute."""

NOT_READY_SECONDS = 30.0
YOUNG_SECONDS = 600.0
"""A new segment is not found for up to two minutes; a change older than this never met a segment that young."""

VERDICTS: Mapping[int, Verdict] = {
    **DEFAULT_BY_STATUS,
    404: Verdict.MISCONFIGURED,
    426: Verdict.MISCONFIGURED,
}

CODES: Mapping[str, str] = {
    "400": "LinkedIn refused the data as it is.",
    "401": "The access token was refused; a new one is fetched, then the refresh token must be renewed.",
    "403": "The token lacks rw_dmp_segments, or the member has no role on the ad account that may edit.",
    "404": "The segment does not exist; right after it was made it is tried again.",
    "422": "LinkedIn refused the data as it is.",
    "426": "The LinkedIn version in the settings has been retired; give a newer one.",
    "429": "The requests of this minute or day are used up; it waits at least a minute.",
    "500": "An error at LinkedIn; it is tried again.",
    "503": "LinkedIn is temporarily unavailable; it is tried again.",
}

REASONS: Mapping[Verdict, Reason] = {
    Verdict.THROTTLED: Reason.THROTTLED,
    Verdict.TRY_AGAIN: Reason.PARTNER_UNAVAILABLE,
    Verdict.REJECTED: Reason.REJECTED,
    Verdict.UNAUTHORIZED: Reason.UNAUTHORIZED,
    Verdict.MISCONFIGURED: Reason.MISCONFIGURED,
}


class _Error(msgspec.Struct, rename="camel"):
    service_error_code: int | None = None


class _Element(msgspec.Struct):
    status: int
    error: _Error | None = None


class _Answer(msgspec.Struct):
    elements: list[_Element]


def linkedin_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per row: a 200 holds a status for each of them."""
    rows = len(sent.rows)
    if not 200 <= response.status < 300:
        return (_of_all(response, sent),) * (rows or 1)
    if not rows:
        return (ACCEPTED,)
    try:
        elements = msgspec.json.decode(response.body, type=_Answer, strict=False).elements
    except msgspec.MsgspecError:
        elements = []
    if len(elements) != rows:
        return (Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status)),) * rows
    return tuple(_of_one(element.status, element.error) for element in elements)


def _of_all(response: PartnerResponse, sent: Batch) -> Classification:
    found = _of_one(response.status, _error(response))
    asked = retry_after_seconds(response.headers, sent.now)
    if response.status == 404 and _is_young(sent):
        wait = max(asked or 0.0, NOT_READY_SECONDS)
        return Classification(Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE, found.partner_code, wait)
    if found.verdict is Verdict.TRY_AGAIN:
        return Classification(found.verdict, found.reason, found.partner_code, asked)
    if found.verdict is Verdict.THROTTLED:
        return Classification(found.verdict, found.reason, found.partner_code, max(asked or 0.0, THROTTLED_SECONDS))
    return found


def _of_one(status: int, error: _Error | None) -> Classification:
    verdict = VERDICTS.get(status, Verdict.REJECTED)
    if verdict is Verdict.ACCEPTED:
        return ACCEPTED
    code = error.service_error_code if error is not None else None
    wait = THROTTLED_SECONDS if verdict is Verdict.THROTTLED else None
    return Classification(verdict, REASONS[verdict], str(status) if code is None else f"{status}/{code}", wait)


def _error(response: PartnerResponse) -> _Error | None:
    try:
        return msgspec.json.decode(response.body, type=_Error, strict=False)
    except msgspec.MsgspecError:
        return None


def _is_young(sent: Batch) -> bool:
    return any((sent.now - row.occurred_at).total_seconds() < YOUNG_SECONDS for row in sent.rows)
