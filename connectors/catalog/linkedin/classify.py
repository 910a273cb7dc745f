"""What LinkedIn's answers mean: one result per element, in the order in which they were sent.

https://learn.microsoft.com/linkedin/marketing/matched-audiences/create-and-manage-segment-users
"""

from dataclasses import replace

import msgspec

from connectors.kit.answers import for_all, is_good, read_json, unreadable
from connectors.kit.classification import ACCEPTED, Classification, Verdict, refusal, retry_after_seconds
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts

CODES = read_facts(__package__).codes

NOT_READY_SECONDS = 30.0
YOUNG_SECONDS = 600.0
"""A new segment is not found for up to two minutes; a change older than this never met a segment that young."""


class _Error(msgspec.Struct, rename="camel"):
    service_error_code: int | None = None


class _Element(msgspec.Struct):
    status: int
    error: _Error | None = None


class _Answer(msgspec.Struct):
    elements: list[_Element]


def linkedin_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per row: a 200 holds a status for each of them."""
    if not is_good(response):
        return _of_all(response, sent)
    if not sent.rows:
        return (ACCEPTED,)
    answer = read_json(response, _Answer)
    if answer is None or len(answer.elements) != len(sent.rows):
        return for_all(unreadable(response), sent)
    return tuple(_of_one(PartnerResponse(element.status), element.error, sent) for element in answer.elements)


def _of_all(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    found = _of_one(response, read_json(response, _Error), sent)
    if response.status != 404 or not sent.rows:
        return for_all(found, sent)
    asked = retry_after_seconds(response.headers, sent.now) or 0.0
    not_ready = refusal(Verdict.TRY_AGAIN, found.partner_code, max(asked, NOT_READY_SECONDS))
    return tuple(not_ready if _is_young(row, sent) else found for row in sent.rows)


def _of_one(response: PartnerResponse, error: _Error | None, sent: Batch) -> Classification:
    if is_good(response):
        return ACCEPTED
    status, code = str(response.status), error.service_error_code if error is not None else None
    found = CODES.refusal(response, sent, status)
    return found if code is None else replace(found, partner_code=f"{status}/{code}")


def _is_young(row: Row, sent: Batch) -> bool:
    return (sent.now - row.occurred_at).total_seconds() < YOUNG_SECONDS
