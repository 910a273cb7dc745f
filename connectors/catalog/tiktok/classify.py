"""What TikTok's answers mean: decided by the code in the body, since errors come with HTTP 200.

Codes: https://business-api.tiktok.com/portal/docs?id=1737172488964097
"""

import msgspec

from connectors.kit.answers import for_all, is_good, read_json, unreadable
from connectors.kit.classification import (
    ACCEPTED,
    Classification,
    Verdict,
    classify_by_status,
    refusal,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts

CODES = read_facts(__package__).codes
DONE = 0

DOWN_SECONDS = 300.0
"""TikTok asks to wait about five minutes after an HTTP 5xx; other statuses without a code are a gateway's."""


class _Answer(msgspec.Struct):
    code: int


def tiktok_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: TikTok answers for the request as a whole."""
    return for_all(_meaning(response, sent), sent)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    answer = read_json(response, _Answer)
    code = str(answer.code) if answer is not None else ""
    if answer is None or not (is_good(response) or CODES.verdict(code)):
        return _without_code(response, sent)
    if answer.code == DONE:
        return ACCEPTED
    if CODES.verdict(code) is Verdict.ACCEPTED:
        return Classification(Verdict.ACCEPTED, partner_code=code, detail=CODES.meanings[code])
    unknown = Verdict.TRY_AGAIN if answer.code >= 50_000 else Verdict.REJECTED
    return CODES.refusal(response, sent, code, otherwise=unknown)


def _without_code(response: PartnerResponse, sent: Batch) -> Classification:
    """The API itself was not reached: it answers with 200, and with a code of its own."""
    if is_good(response):
        return unreadable(response, sent)
    if response.status == 429:
        return classify_by_status(response, sent.now)
    asked = retry_after_seconds(response.headers, sent.now) or 0.0
    return refusal(Verdict.TRY_AGAIN, str(response.status), max(asked, DOWN_SECONDS))
