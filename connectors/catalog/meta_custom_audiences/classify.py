"""What Meta's answers mean: decided by the error's code and not by the status, since throttling arrives as 400.

Codes: https://developers.facebook.com/docs/marketing-api/error-reference
"""

from typing import Any

import msgspec

from connectors.kit.classification import (
    ACCEPTED,
    Classification,
    Verdict,
    classify_by_status,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

THROTTLED_SECONDS = 60.0
BLOCKED_SECONDS = 900.0
"""Code 368 is a block for policy: it may be lifted, but not soon."""

CREDENTIALS = frozenset({3, 10, 102, 190, 200, 294})
TEMPORARY = frozenset({1, 2, 341, 5000, 21009})
THROTTLES = frozenset({4, 17, 613, *range(80000, 80015)})
ACCOUNT = frozenset({2655, 1487301, 1487366})
BLOCKED = 368
TOO_MANY = 105

SUBCODES = {
    (100, 33): Verdict.MISCONFIGURED,
    (100, 1713230): Verdict.MISCONFIGURED,
    (200, 1870034): Verdict.MISCONFIGURED,
    (200, 1870047): Verdict.REJECTED,
}

CODES = {
    "1": "An unknown error at Meta; it is tried again.",
    "2": "Meta is temporarily unavailable; it is tried again.",
    "3": "The app may not do this call: it needs ads_management.",
    "4": "The app has used up its calls; it waits at least a minute.",
    "10": "The permission is missing: the token needs ads_management on the ad account.",
    "17": "The user has used up the calls; it waits at least a minute.",
    "100": "A parameter is invalid.",
    "100/33": "The audience does not exist, or the token has no access to it.",
    "100/1713230": "Uploads to this audience are blocked until Meta's decision has been appealed.",
    "102": "The session is invalid; give a new access token.",
    "105": "Too many parameters; the batch is halved.",
    "190": "The access token is invalid or has expired; give a new one.",
    "190/460": "The access token ended when the password was changed; give a new one.",
    "190/463": "The access token has expired; give a new one.",
    "200": "The token has no permission for this ad account: it needs ads_management.",
    "200/1870034": "The ad account has not accepted the Custom Audience terms.",
    "200/1870047": "The removal was refused: the audience would become too small.",
    "294": "The app or token needs ads_management for the ad account.",
    "341": "A limit of the app was reached; it is tried again.",
    "368": "Temporarily blocked for a violation of policies; it is tried again later.",
    "613": "The calls for this ad account are used up; it waits at least a minute.",
    "2650": "The audience could not be updated.",
    "2655": "The Custom Audience terms have not been accepted.",
    "5000": "An unknown error at Meta; it is tried again.",
    "21009": "A temporary error at Meta; it is tried again.",
    "1487301": "The audience is no longer shared with this ad account.",
    "1487366": "The audience has been deleted.",
    "invalid_entries": "Meta recognised none of the rows that were sent.",
    **{
        str(code): "The calls for this kind of object are used up; it waits at least a minute."
        for code in range(80000, 80015)
    },
}


class _Error(msgspec.Struct):
    code: int = 0
    error_subcode: int | None = None
    is_transient: bool = False


class _Answer(msgspec.Struct):
    error: _Error | None = None
    num_received: int | None = None
    num_invalid_entries: int = 0


def meta_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: Meta counts invalid entries but does not say which they are."""
    return (_meaning(response, sent),) * (len(sent.rows) or 1)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    try:
        answer = msgspec.json.decode(response.body, type=_Answer, strict=False)
    except msgspec.MsgspecError:
        return _unreadable(response, sent)
    if answer.error is not None:
        return _refusal(response, sent, answer.error)
    if not 200 <= response.status < 300:
        return classify_by_status(response, sent.now)
    return _accepted(answer, len(sent.rows))


def _accepted(answer: _Answer, rows: int) -> Classification:
    invalid = answer.num_invalid_entries
    if invalid and invalid >= rows:
        return Classification(Verdict.REJECTED, Reason.REJECTED, "invalid_entries", detail=f"{invalid} of {rows} rows")
    if invalid:
        return Classification(
            Verdict.ACCEPTED, detail=f"{invalid} of {rows} rows were invalid; Meta does not say which"
        )
    return ACCEPTED


def _unreadable(response: PartnerResponse, sent: Batch) -> Classification:
    if response.body.lstrip()[:1] == b"<" or 200 <= response.status < 300:
        wait = retry_after_seconds(response.headers, sent.now)
        return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status), wait)
    return classify_by_status(response, sent.now)


def _refusal(response: PartnerResponse, sent: Batch, error: _Error) -> Classification:
    code = str(error.code) if error.error_subcode is None else f"{error.code}/{error.error_subcode}"
    asked = retry_after_seconds(response.headers, sent.now)
    match _verdict(response, error):
        case Verdict.THROTTLED:
            wait = max(asked or 0.0, THROTTLED_SECONDS)
            return Classification(Verdict.THROTTLED, Reason.THROTTLED, code, wait)
        case Verdict.TRY_AGAIN if error.code == BLOCKED:
            return Classification(Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE, code, BLOCKED_SECONDS)
        case Verdict.TRY_AGAIN:
            return Classification(Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE, code, asked)
        case Verdict.SPLIT if len(sent.rows) < 2:
            return Classification(Verdict.REJECTED, Reason.REJECTED, code)
        case verdict:
            return Classification(verdict, _REASONS[verdict], code)


_REASONS: dict[Any, Reason] = {
    Verdict.UNAUTHORIZED: Reason.UNAUTHORIZED,
    Verdict.MISCONFIGURED: Reason.MISCONFIGURED,
    Verdict.REJECTED: Reason.REJECTED,
    Verdict.SPLIT: Reason.REJECTED,
}


def _verdict(response: PartnerResponse, error: _Error) -> Verdict:
    special = SUBCODES.get((error.code, error.error_subcode or 0))
    if special is not None:
        return special
    for codes, verdict in (
        (CREDENTIALS, Verdict.UNAUTHORIZED),
        (THROTTLES, Verdict.THROTTLED),
        (ACCOUNT, Verdict.MISCONFIGURED),
        (TEMPORARY | {BLOCKED}, Verdict.TRY_AGAIN),
        ({TOO_MANY}, Verdict.SPLIT),
    ):
        if error.code in codes:
            return verdict
    return Verdict.TRY_AGAIN if error.is_transient or response.status >= 500 else Verdict.REJECTED
