"""What Campaign Manager 360's answers mean: one result per conversion, in the order in which they were sent.

Codes: https://developers.google.com/doubleclick-advertisers/rest/v5/ConversionStatus
"""

import msgspec

from connectors.kit.answers import for_all, is_good, read_json
from connectors.kit.classification import ACCEPTED, Classification, Verdict, refusal
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts
from connectors.kit.google_access import classify_google_error, unreadable

CODES = read_facts(__package__).codes
NO_ACCESS = "PERMISSION_DENIED"


class _Error(msgspec.Struct):
    code: str = ""


class _Status(msgspec.Struct):
    errors: list[_Error] = []


class _Answer(msgspec.Struct, rename="camel"):
    has_failures: bool
    status: list[_Status] = []


def conversions_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per row where Google gives one: a 200 may hold refused conversions."""
    if not is_good(response):
        return for_all(classify_google_error(response, sent.now), sent)
    answer = read_json(response, _Answer)
    if answer is None or (answer.has_failures and len(answer.status) != len(sent.rows)):
        return for_all(unreadable(response, sent.now), sent)
    # The ordinal keeps a conversion that is sent again from counting twice.
    return _by_row(answer.status) if answer.has_failures else for_all(ACCEPTED, sent)


def _by_row(statuses: list[_Status]) -> tuple[Classification, ...]:
    codes = [status.errors[0].code if status.errors else None for status in statuses]
    if all(code == NO_ACCESS for code in codes):
        return (refusal(Verdict.UNAUTHORIZED, NO_ACCESS),) * len(codes)
    verdicts = {code: CODES.verdict(code) or Verdict.REJECTED for code in codes if code is not None}
    return tuple(ACCEPTED if code is None else refusal(verdicts[code], code or None) for code in codes)
