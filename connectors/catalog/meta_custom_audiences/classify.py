"""What Meta's answers mean: decided by the error's code and not by the status, since throttling arrives as 400.

Codes: https://developers.facebook.com/docs/marketing-api/error-reference
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
from connectors.records.delivery import Reason

CODES = read_facts(__package__).codes


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
    return for_all(_meaning(response, sent), sent)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    answer = read_json(response, _Answer)
    if answer is None and (is_good(response) or response.body.lstrip()[:1] == b"<"):
        return unreadable(response, sent)
    if answer is None or (answer.error is None and not is_good(response)):
        return classify_by_status(response, sent.now)
    return _accepted(answer, len(sent.rows)) if answer.error is None else _refusal(response, sent, answer.error)


def _accepted(answer: _Answer, rows: int) -> Classification:
    invalid = answer.num_invalid_entries
    if invalid and invalid >= rows:
        return Classification(Verdict.REJECTED, Reason.REJECTED, "invalid_entries", detail=f"{invalid} of {rows} rows")
    detail = f"{invalid} of {rows} rows were invalid; Meta does not say which"
    return Classification(Verdict.ACCEPTED, detail=detail) if invalid else ACCEPTED


def _refusal(response: PartnerResponse, sent: Batch, error: _Error) -> Classification:
    codes = (
        [str(error.code)] if error.error_subcode is None else [f"{error.code}/{error.error_subcode}", str(error.code)]
    )
    unknown = Verdict.TRY_AGAIN if response.status >= 500 else Verdict.REJECTED
    found = CODES.refusal(response, sent, *codes, otherwise=unknown)
    if error.is_transient and found.verdict in (Verdict.REJECTED, Verdict.MISCONFIGURED):
        return refusal(Verdict.TRY_AGAIN, found.partner_code, retry_after_seconds(response.headers, sent.now))
    return found
