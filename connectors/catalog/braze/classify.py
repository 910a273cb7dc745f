"""What Braze's answers mean: a 201 names the people that it did not take, by their place in the request.

Codes: https://www.braze.com/docs/api/errors
"""

from dataclasses import replace
from typing import Any

import msgspec

from connectors.kit.answers import for_all, is_good, read_json, unreadable
from connectors.kit.classification import ACCEPTED, MAX_RETRY_AFTER_SECONDS, Classification, Verdict, refusal
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts
from connectors.kit.tickets import later

CODES = read_facts(__package__).codes

USERS_STEP = "users"  # the ticket between the two requests of a cohort: it is there, its people come next


class _Answer(msgspec.Struct):
    errors: Any = None


def track_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per person."""
    if not is_good(response):
        return for_all(_refusal(response, sent), sent)
    answer = read_json(response, _Answer)
    if answer is None:
        return for_all(unreadable(response), sent)
    errors = answer.errors if isinstance(answer.errors, list) else []
    refused = dict(filter(None, map(_refused_person, errors)))
    return tuple(refused.get(index, found) for index, found in enumerate(for_all(ACCEPTED, sent)))


def cohort_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """The cohort is there and its people come next; or they are in it."""
    if not is_good(response):
        return for_all(_refusal(response, sent), sent)
    return for_all(ACCEPTED if sent.ticket else later(USERS_STEP), sent)


def _refused_person(error: Any) -> tuple[int, Classification] | None:
    if not isinstance(error, dict) or error.get("input_array") not in (None, "attributes"):
        return None
    index, code = error.get("index"), str(error.get("type") or "error")[:100]
    return (index, refusal(Verdict.REJECTED, code)) if isinstance(index, int) else None


def _refusal(response: PartnerResponse, sent: Batch) -> Classification:
    found = CODES.refusal(response, sent)
    waits_unknown = found.verdict is Verdict.THROTTLED and found.retry_after is None
    return replace(found, retry_after=_until_reset(response, sent)) if waits_unknown else found


def _until_reset(response: PartnerResponse, sent: Batch) -> float | None:
    reset = response.headers.get("x-ratelimit-reset", "")
    if not (reset.isascii() and reset.isdigit()):
        return None
    return min(max(float(reset[:12]) - sent.now.timestamp(), 1.0), MAX_RETRY_AFTER_SECONDS)
