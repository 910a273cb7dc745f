"""What Clang's answers mean: SOAP says it with a code or a fault inside, whatever the status.

There is no public table of codes; those below are what public clients of the API handle (such as node-clang), the rest
is shown as it came.
"""

import re

import msgspec

from connectors.catalog.clang.render import Step, Ticket, step_of
from connectors.kit.classification import (
    ACCEPTED,
    ALREADY_DONE,
    DEFAULT_BY_STATUS,
    Classification,
    Verdict,
    refusal,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

ALREADY_MEMBER, NOT_FOUND = "107", "213"
SEVERAL = "several_customers"

CODES = {
    "105": "A value is out of bounds.",
    "107": "The customer is a member of the group already.",
    "213": "There is no such customer, group or other object.",
    "401": "The token is not valid.",
    "403": "The token may not do this.",
    "413": "The batch is too large; it is halved.",
    "429": "Too many requests; it waits.",
    "500": "An error at Clang; it is tried again.",
    "503": "Clang is not available; it is tried again.",
    SEVERAL: "More than one customer has this external id or e-mail; make it unique.",
}

_CREDENTIALS = re.compile(r"\b(?:token|uuid|permission|authori[sz]|access denied)", re.IGNORECASE)
_CODE = re.compile(r"<(?:\w+:)?code\b[^>]*>\s*(-?[0-9]{1,9})\s*</")
_FAULT_CODE = re.compile(r"<(?:\w+:)?faultcode\b[^>]*>\s*([^<]{1,100}?)\s*</")
_FAULT_TEXT = re.compile(r"<(?:\w+:)?faultstring\b[^>]*>([^<]*)</")
_CUSTOMER_ID = re.compile(r"<(?:\w+:)?id\b[^>]*>\s*([0-9]{1,18})\s*</")


class _Answer(msgspec.Struct):
    code: int | str | None = None
    msg: object = None


def group_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """The answer to one of the calls for a person, or to the connection test."""
    text = response.body.decode("utf-8", "replace")
    fault = _fault(text)
    if fault is not None:
        return (_refused(response, sent, *fault),)
    if not 200 <= response.status < 300:
        return (_by_status(response, sent),)
    if _CODE.search(text) is None:
        return (Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status)),)
    if not sent.rows or step_of(sent) is Step.CHANGE_GROUP:
        return (ACCEPTED,)
    return (_found(set(_CUSTOMER_ID.findall(text)), sent),)


def customers_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: nothing is known of answers row by row."""
    if not 200 <= response.status < 300:
        return (_by_status(response, sent),) * len(sent.rows)
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
    except msgspec.MsgspecError:
        answer = _Answer()
    code = "0" if answer.code is None else str(answer.code)
    found = ACCEPTED if code == "0" else _by_text(code, str(answer.msg))
    return (found,) * len(sent.rows)


def _fault(text: str) -> tuple[str, str] | None:
    fault, code = _FAULT_CODE.search(text), _CODE.search(text)
    if fault is not None:
        sentence = _FAULT_TEXT.search(text)
        return fault[1], sentence[1] if sentence else ""
    return (code[1], text) if code is not None and code[1] != "0" else None


def _refused(response: PartnerResponse, sent: Batch, code: str, sentence: str) -> Classification:
    removes = sent.change.removes
    if (code == ALREADY_MEMBER and not removes) or (code == NOT_FOUND and removes):
        return ALREADY_DONE
    if code == NOT_FOUND and sent.rows and step_of(sent) is Step.FIND:
        return _later(None)
    if not code.lstrip("-").isdigit() and response.status >= 500:
        return refusal(Verdict.TRY_AGAIN, str(response.status), retry_after_seconds(response.headers, sent.now))
    return _by_text(code, sentence)


def _found(customers: set[str], sent: Batch) -> Classification:
    if len(customers) > 1:
        return refusal(Verdict.REJECTED, SEVERAL)
    if customers:
        return _later(customers.pop())
    if step_of(sent) is Step.CREATE:
        return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, "no_id")
    return ALREADY_DONE if sent.change.removes else _later(None)


def _by_text(code: str, sentence: str) -> Classification:
    verdict = Verdict.UNAUTHORIZED if _CREDENTIALS.search(sentence) else Verdict.REJECTED
    return refusal(verdict, code)


def _by_status(response: PartnerResponse, sent: Batch) -> Classification:
    verdict = DEFAULT_BY_STATUS.get(response.status, Verdict.REJECTED)
    if response.status == 413 and len(sent.rows) > 1:
        verdict = Verdict.SPLIT
    return refusal(verdict, str(response.status), retry_after_seconds(response.headers, sent.now))


def _later(customer: str | None) -> Classification:
    text = msgspec.json.encode(Ticket(customer)).decode()
    return Classification(Verdict.ACCEPTED_LATER, ticket=text, retry_after=0.0)
