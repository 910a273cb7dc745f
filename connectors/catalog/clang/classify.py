"""What Clang's answers mean: SOAP says it with a code or a fault inside, whatever the status.

There is no public table of codes; those in `facts.toml` are what public clients of the API handle (such as node-clang).
"""

import re

import msgspec

from connectors.catalog.clang.render import CREATE, step_of
from connectors.kit.answers import for_all, is_good, read_json, unreadable
from connectors.kit.classification import ACCEPTED, ALREADY_DONE, Classification, Verdict, refusal
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts
from connectors.kit.soap import soap_fault, soap_values
from connectors.kit.tickets import later

CODES = read_facts(__package__).codes
ALREADY_MEMBER, NOT_FOUND = "107", "213"

_CREDENTIALS = re.compile(r"\b(?:token|uuid|permission|authori[sz]|access denied)", re.IGNORECASE)


class _Answer(msgspec.Struct):
    code: int | str | None = None
    msg: object = None


def group_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """The answer to one of the calls for a person, or to the connection test."""
    text = response.body.decode("utf-8", "replace")
    code = next(iter(soap_values(text, "code", "-?[0-9]{1,9}")), None)
    fault = soap_fault(text) or (None if code in (None, "0") else (code, text))
    if fault is not None:
        return (_refused(response, sent, *fault),)
    if not is_good(response):
        return (CODES.refusal(response, sent),)
    if code is None:
        return (unreadable(response),)
    if not sent.rows or step_of(sent) == "change_group":
        return (ACCEPTED,)
    return (_found(response, set(soap_values(text, "id", "[0-9]{1,18}")), sent),)


def customers_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: nothing is known of answers row by row."""
    if not is_good(response):
        return for_all(CODES.refusal(response, sent), sent)
    answer = read_json(response, _Answer) or _Answer()
    code = "0" if answer.code is None else str(answer.code)
    return for_all(ACCEPTED if code == "0" else _by_sentence(code, str(answer.msg)), sent)


def _refused(response: PartnerResponse, sent: Batch, code: str, sentence: str) -> Classification:
    if code == (NOT_FOUND if sent.change.removes else ALREADY_MEMBER):
        return ALREADY_DONE
    if code == NOT_FOUND and sent.rows and step_of(sent) == "find":
        return later(CREATE)
    if not code.lstrip("-").isdigit() and response.status >= 500:
        return CODES.refusal(response, sent)
    return _by_sentence(code, sentence)


def _found(response: PartnerResponse, customers: set[str], sent: Batch) -> Classification:
    if len(customers) > 1:
        return refusal(Verdict.REJECTED, "several_customers")
    if customers:
        return later(customers.pop())
    if step_of(sent) == "create":
        return unreadable(response, code="no_id")
    return ALREADY_DONE if sent.change.removes else later(CREATE)


def _by_sentence(code: str, sentence: str) -> Classification:
    return refusal(Verdict.UNAUTHORIZED if _CREDENTIALS.search(sentence) else Verdict.REJECTED, code)
