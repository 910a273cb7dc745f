"""What TikTok's answers mean: decided by the code in the body, since errors come with HTTP 200.

Codes: https://business-api.tiktok.com/portal/docs?id=1737172488964097
"""

from collections.abc import Mapping

import msgspec

from connectors.kit.classification import ACCEPTED, Classification, Verdict, classify_by_status, retry_after_seconds
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

DOCUMENTATION = "https://business-api.tiktok.com/portal/docs?id=1737172488964097"

DONE = 0
PARTLY_DONE = 20001
DUPLICATE = 40050
TOO_MANY = 40011

THROTTLED_SECONDS = 30.0
DOWN_SECONDS = 300.0
"""TikTok asks to wait about five minutes after an HTTP 5xx."""

ACCESS = {
    40001: "The token has no permission for this.",
    40101: "The values for signing in do not fit together.",
    40102: "The access token has expired; give a new one.",
    40103: "The refresh token has expired.",
    40104: "The access token is empty.",
    40105: "The access token is not valid; give a new one.",
    40106: "The token is not one for this advertiser.",
    40107: "The refresh token is not valid.",
    40110: "The authorization code is not valid.",
    40113: "TikTok refused the access.",
    40115: "TikTok refused the access.",
    40116: "TikTok refused the access.",
    40118: "The developer app is not on the list of those that may use this call.",
    40119: "TikTok refused the access.",
    40125: "TikTok refused the access.",
    40300: "The advertiser is not one that the token may use.",
    40301: "The advertiser is not one that the token may use.",
}
THROTTLES = {
    40016: "The app's requests are used up; it waits.",
    40100: "The app's requests are used up; it waits.",
    40132: "Too many requests with the same value; it waits.",
    40133: "The advertiser's requests are used up; it waits.",
}
TEMPORARY = {
    40201: "The task is not ready yet; it is tried again.",
    40202: "It came at the same time as another change; it is tried again.",
    50000: "An error at TikTok; it is tried again.",
    50002: "An error at TikTok; it is tried again.",
    51305: "An error at TikTok; it is tried again.",
    60001: "TikTok is being maintained; it is tried again.",
}
REFUSED = {
    40000: "A parameter is not valid.",
    40002: "A parameter is wrong, or the audience is being worked on: the message says which.",
    40007: "The audience does not exist.",
}
SET_UP_WRONG = {
    40006: "The API version does not fit this call.",
    40008: "There is no such call, or not in the sandbox.",
    40051: "The API version is not valid.",
}
VERDICTS: Mapping[int, Verdict] = {
    DONE: Verdict.ACCEPTED,
    PARTLY_DONE: Verdict.ACCEPTED,
    DUPLICATE: Verdict.ALREADY_DONE,
    TOO_MANY: Verdict.SPLIT,
    **dict.fromkeys(ACCESS, Verdict.UNAUTHORIZED),
    **dict.fromkeys(THROTTLES, Verdict.THROTTLED),
    **dict.fromkeys(TEMPORARY, Verdict.TRY_AGAIN),
    **dict.fromkeys(REFUSED, Verdict.REJECTED),
    **dict.fromkeys(SET_UP_WRONG, Verdict.MISCONFIGURED),
}
CODES: Mapping[str, str] = {
    "20001": "TikTok took a part of the batch and does not say which; its rows end as sent.",
    "40011": "Too many rows; the batch is halved.",
    "40050": "The same request came before; it counts as done.",
    **{
        str(code): text
        for codes in (ACCESS, THROTTLES, TEMPORARY, REFUSED, SET_UP_WRONG)
        for code, text in codes.items()
    },
}

REASONS: Mapping[Verdict, Reason] = {
    Verdict.THROTTLED: Reason.THROTTLED,
    Verdict.TRY_AGAIN: Reason.PARTNER_UNAVAILABLE,
    Verdict.REJECTED: Reason.REJECTED,
    Verdict.UNAUTHORIZED: Reason.UNAUTHORIZED,
    Verdict.MISCONFIGURED: Reason.MISCONFIGURED,
    Verdict.SPLIT: Reason.REJECTED,
}


class _Answer(msgspec.Struct):
    code: int


def tiktok_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: TikTok answers for the request as a whole."""
    return (_meaning(response, sent),) * (len(sent.rows) or 1)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    asked = retry_after_seconds(response.headers, sent.now)
    try:
        code = msgspec.json.decode(response.body, type=_Answer, strict=False).code
    except msgspec.MsgspecError:
        return _without_code(response, sent, asked)
    verdict = VERDICTS.get(code, Verdict.TRY_AGAIN if code >= 50_000 else Verdict.REJECTED)
    match verdict:
        case Verdict.ACCEPTED:
            return (
                ACCEPTED if code == DONE else Classification(verdict, partner_code=str(code), detail=CODES[str(code)])
            )
        case Verdict.SPLIT if len(sent.rows) < 2:
            verdict = Verdict.REJECTED
        case Verdict.THROTTLED:
            asked = max(asked or 0.0, THROTTLED_SECONDS)
    wait = asked if verdict in (Verdict.THROTTLED, Verdict.TRY_AGAIN) else None
    return Classification(verdict, REASONS.get(verdict), str(code), wait)


def _without_code(response: PartnerResponse, sent: Batch, asked: float | None) -> Classification:
    """Without a code the request never came as far as the API: a wrong path, a gateway, or a server that is down."""
    status = str(response.status)
    if response.status >= 500:
        return Classification(Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE, status, max(asked or 0.0, DOWN_SECONDS))
    if 200 <= response.status < 300:
        return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, status, asked)
    found = classify_by_status(response, sent.now)
    if found.verdict is Verdict.REJECTED:
        return Classification(Verdict.MISCONFIGURED, Reason.MISCONFIGURED, status)
    return found
