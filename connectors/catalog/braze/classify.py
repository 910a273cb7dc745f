"""What Braze's answers mean: a 201 names the people that it did not take, by their place in the request.

Codes: https://www.braze.com/docs/api/errors
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.kit.classification import (
    ACCEPTED,
    DEFAULT_BY_STATUS,
    MAX_RETRY_AFTER_SECONDS,
    Classification,
    Verdict,
    refusal,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

USERS_STEP = "users"
"""The ticket between the two requests of a cohort: the cohort is there, its people come next."""

CODES = {
    "400": "The request is malformed.",
    "401": "The key is not valid for this REST endpoint; give a new one.",
    "403": "The key has no permission for this call: it needs users.track, or users.track.bulk for the bulk action.",
    "404": "There is no such endpoint: the REST endpoint is not the one of your instance.",
    "413": "The request is too large; a batch is halved.",
    "429": "The calls of this minute or hour are used up; it waits until Braze's window starts again.",
    "500": "An error at Braze; it is tried again.",
    "502": "Braze is not reachable; it is tried again.",
    "503": "Braze is not available; it is tried again.",
    "504": "Braze did not answer in time; it is tried again.",
    "BLACKLISTED_EXTERNAL_USER_ID": "Braze does not take people with this external ID.",
    "EXTERNAL_USER_ID_TOO_LARGE": "The external ID is too long.",
}

_BY_STATUS: Mapping[int, Verdict] = {
    **DEFAULT_BY_STATUS,
    404: Verdict.MISCONFIGURED,
    413: Verdict.SPLIT,
}


class _Answer(msgspec.Struct):
    message: Any = None
    errors: Any = None


def track_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per person."""
    count = len(sent.rows) or 1
    if not 200 <= response.status < 300:
        return (_refusal(response, sent),) * count
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
    except msgspec.MsgspecError:
        unreadable = Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status))
        return (unreadable,) * count
    errors = answer.errors if isinstance(answer.errors, list) else []
    refused = dict(filter(None, map(_refused_person, errors)))
    return tuple(refused.get(index, ACCEPTED) for index in range(count))


def cohort_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """The cohort is there and its people come next; or they are in it."""
    found = ACCEPTED if sent.ticket else Classification(Verdict.ACCEPTED_LATER, ticket=USERS_STEP, retry_after=0.0)
    if not 200 <= response.status < 300:
        found = _refusal(response, sent)
    return (found,) * len(sent.rows)


def _refused_person(error: Any) -> tuple[int, Classification] | None:
    if not isinstance(error, dict) or error.get("input_array") not in (None, "attributes"):
        return None
    index = error.get("index")
    code = str(error.get("type") or "error")[:100]
    return (index, Classification(Verdict.REJECTED, Reason.REJECTED, code)) if isinstance(index, int) else None


def _refusal(response: PartnerResponse, sent: Batch) -> Classification:
    verdict = _BY_STATUS.get(response.status, Verdict.REJECTED)
    # Halving is for whole batches that have not begun a job: the engine asks for the rows of a ticket together.
    if verdict is Verdict.SPLIT and (len(sent.rows) < 2 or sent.ticket):
        verdict = Verdict.REJECTED
    wait = retry_after_seconds(response.headers, sent.now)
    if verdict is Verdict.THROTTLED and wait is None:
        wait = _until_reset(response, sent)
    return refusal(verdict, str(response.status), wait)


def _until_reset(response: PartnerResponse, sent: Batch) -> float | None:
    reset = response.headers.get("x-ratelimit-reset", "")
    if not (reset.isascii() and reset.isdigit()):
        return None
    return min(max(float(reset[:12]) - sent.now.timestamp(), 1.0), MAX_RETRY_AFTER_SECONDS)
