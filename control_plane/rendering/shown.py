"""Requests, answers and verdicts as the API shows them: masked, with a sentence that says what to do."""

from typing import Any

from pydantic import BaseModel

from connectors.kit.classification import Classification, Verdict
from connectors.kit.declaration import ConnectorType
from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from connectors.kit.masking import SHOWN_CODE, Masker

SHOWN_BODY = 128 * 1024


class RequestRead(BaseModel):
    """A request with its secrets masked."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class AnswerRead(BaseModel):
    """What came back, or why nothing did (`error` and `detail`); secrets are masked."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: str = ""
    truncated: bool = False
    error: str | None = None
    detail: str | None = None
    duration_ms: int = 0


class VerdictRead(BaseModel):
    """What an answer means, and what to do about it."""

    verdict: Verdict
    good: bool
    reason: str | None = None
    partner_code: str | None = None
    meaning: str | None = None
    documentation: str | None = None
    advice: str


def show_request(request: PartnerRequest, masker: Masker) -> RequestRead:
    """The request without its secrets."""
    return RequestRead(**masker.request(request, SHOWN_BODY))


def show_answer(answer: Answer, masker: Masker) -> AnswerRead:
    """The answer without the secrets that it may repeat."""
    return AnswerRead(**masker.answer(answer, SHOWN_BODY), duration_ms=answer.duration_ms)


def show_verdict(type_: ConnectorType, found: Classification, answer: Answer | None, masker: Masker) -> VerdictRead:
    """What it means, with the partner's own code explained where it is known."""
    code = None if found.partner_code is None else masker.text(found.partner_code)[:SHOWN_CODE]
    known: dict[str, Any] = {} if code is None else {"meaning": type_.code_meaning(code)}
    if code is not None:
        known["documentation"] = type_.code_link(code)
    return VerdictRead(
        verdict=found.verdict,
        good=found.verdict in GOOD,
        reason=None if found.reason is None else found.reason.value,
        partner_code=code,
        advice=advice(found.verdict, answer),
        **known,
    )


GOOD = (Verdict.ACCEPTED, Verdict.ALREADY_DONE, Verdict.ACCEPTED_LATER)

_ADVICE = {
    Verdict.ACCEPTED: "The partner took it.",
    Verdict.ALREADY_DONE: "The partner had it already.",
    Verdict.ACCEPTED_LATER: "The partner took it and works on it; its result comes later.",
    Verdict.THROTTLED: "The partner wants fewer requests at the moment. Try again in a minute, or lower the limits.",
    Verdict.TRY_AGAIN: "The partner did not manage it this time. Try again; workers retry such answers by themselves.",
    Verdict.REJECTED: "The partner refused what was sent. Compare the request with the partner's documentation.",
    Verdict.UNAUTHORIZED: "The partner refused the credentials. Replace the secret, or ask for the missing permission.",
    Verdict.MISCONFIGURED: "The address or the settings are not right. Check the URL, the account and the target.",
    Verdict.SPLIT: "The partner refused the whole batch. Send one row to find out which one it does not take.",
}
_ADVICE_WITHOUT_ANSWER = {
    TransportErrorKind.TIMEOUT: "No answer came in time. Check the address, or raise the connector's timeout.",
    TransportErrorKind.CONNECTION_REFUSED: "Nobody listens there, or a firewall refuses us. Check host and port.",
    TransportErrorKind.CONNECTION_LOST: "The connection broke off. Try again; if it stays so, ask the partner.",
    TransportErrorKind.NAME_NOT_FOUND: "The host name has no address. Check its spelling.",
    TransportErrorKind.TLS_INVALID: "The host's certificate does not hold. The partner, or your operator, must act.",
    TransportErrorKind.ADDRESS_REFUSED: "Private addresses are not called. Your operator may allow this one.",
    TransportErrorKind.ANSWER_UNREADABLE: "What answers there does not speak HTTP. Check host, port and scheme.",
    TransportErrorKind.REQUEST_INVALID: "This request cannot be sent from here; the detail says why.",
}


def advice(verdict: Verdict, answer: Answer | None) -> str:
    """What to do, in a sentence."""
    if isinstance(answer, TransportError):
        return _ADVICE_WITHOUT_ANSWER[answer.kind]
    if isinstance(answer, PartnerResponse) and 300 <= answer.status < 400:
        return "The address redirects, which is not followed. Enter the address that it redirects to."
    return _ADVICE[verdict]
