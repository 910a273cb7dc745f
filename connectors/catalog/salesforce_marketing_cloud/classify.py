"""What Marketing Cloud's answers mean: a request is taken first, and says later which of its rows were stored.

Errors: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/error-handling.html
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from connectors.catalog.salesforce_marketing_cloud.render import Ticket, ticket_of
from connectors.kit.classification import (
    ACCEPTED,
    DEFAULT_BY_STATUS,
    Classification,
    Verdict,
    refusal,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

POLL_SECONDS = 15.0
UNABLE_TO_SAVE = "10006"
DEADLOCK = "Rerun the transaction"

CODES = {
    "400": "The request is malformed.",
    "401": "The token is not valid; if it stays so, the client ID or secret of the package is not.",
    "403": "The package may not write data extensions: it needs the scopes data_extensions_read and _write.",
    "404": "There is no data extension with this external key in the business unit.",
    "413": "The request is too large; a batch is halved.",
    "429": "The calls are used up; it waits.",
    "500": "An error in Marketing Cloud; it is tried again.",
    "503": "Marketing Cloud is not available; it is tried again.",
    "10006": "The rows could not be saved; without further errors it is tried again.",
    "10000": "The request is not valid, such as a column that the data extension does not have.",
    "2": "The row was caught in a deadlock of the database; it is sent again.",
    "UnexpectedError": "The row breaks a rule of the data extension: a type, a length, a missing value.",
}
_BY_STATUS: Mapping[int, Verdict] = {**DEFAULT_BY_STATUS, 404: Verdict.MISCONFIGURED, 413: Verdict.SPLIT}


class _Message(msgspec.Struct, rename="camel"):
    result_type: str = ""
    result_code: str | int | None = None


class _Taken(msgspec.Struct, rename="camel"):
    request_id: str | None = None
    result_messages: list[_Message] = []


class _Status(msgspec.Struct, rename="camel"):
    request_status: str = ""
    result_status: str = ""
    has_errors: bool = False


class _Progress(msgspec.Struct):
    status: _Status | None = None


class _Item(msgspec.Struct, rename="camel"):
    status: str = ""
    message: str | None = None
    error_code: str | int | None = None


class _Page(msgspec.Struct, rename="camel"):
    page: int
    page_size: int
    count: int
    items: list[_Item]


class _Error(msgspec.Struct):
    errorcode: str | int | None = None
    additionalErrors: list[Any] | None = None  # noqa: N815  # its name at the partner
    resultMessages: list[_Message] = []  # noqa: N815


Answer = TypeVar("Answer")


def marketing_cloud_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per row: of the answer to an upsert, to a question how it stands, or to one for its results."""
    tickets = [ticket_of(row.ticket or sent.ticket) for row in sent.rows]
    asked = next((ticket for ticket in tickets if ticket is not None), None)
    if not 200 <= response.status < 300:
        return tuple(_refusal(response, sent, row) for row in sent.rows) or (_refusal(response, sent, None),)
    if not tickets:
        return (ACCEPTED,)
    if asked is None:
        return _taken(response, sent)
    known = [ticket or asked for ticket in tickets]
    return _results(response, known) if asked.results else _progress(response, known)


def _taken(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    answer, rows = _read(response, _Taken), len(sent.rows)
    failed = next((one for one in answer.result_messages if one.result_type == "Error"), None) if answer else None
    if failed is not None:
        return (refusal(Verdict.REJECTED, str(failed.result_code)),) * rows
    if answer is None or not answer.request_id:
        return (_unreadable(response),) * rows
    return tuple(_later(Ticket(answer.request_id[:100], row, rows)) for row in range(rows))


def _progress(response: PartnerResponse, tickets: list[Ticket]) -> tuple[Classification, ...]:
    answer = _read(response, _Progress)
    status = answer.status if answer is not None else None
    # For a while the answer has no status at all: the request is known, and not yet picked up.
    if status is None or not status.request_status.startswith(("Complete", "Error")):
        return tuple(_later(ticket) for ticket in tickets)
    if status.request_status.startswith("Complete") and status.result_status == "OK" and not status.has_errors:
        return (ACCEPTED,) * len(tickets)
    return tuple(_later(msgspec.structs.replace(ticket, results=True), 0.0) for ticket in tickets)


def _results(response: PartnerResponse, tickets: list[Ticket]) -> tuple[Classification, ...]:
    answer = _read(response, _Page)
    if answer is None or answer.count != tickets[0].rows or answer.page < 1 or not answer.page_size > 0:
        return (_unreadable(response),) * len(tickets)
    start = (answer.page - 1) * answer.page_size
    page = {start + number: item for number, item in enumerate(answer.items)}
    # Without one row of ours on the page, asking on would go in circles: an upsert can be sent again.
    if not any(ticket.row in page for ticket in tickets):
        return (_unreadable(response),) * len(tickets)
    return tuple(
        _row_meaning(page[ticket.row])
        if ticket.row in page
        else _later(msgspec.structs.replace(ticket, page_size=answer.page_size), 0.0)
        for ticket in tickets
    )


def _row_meaning(item: _Item) -> Classification:
    if item.status == "OK":
        return ACCEPTED
    code = str(item.error_code)
    if code == "2" and DEADLOCK in (item.message or ""):
        return refusal(Verdict.TRY_AGAIN, code)
    return refusal(Verdict.REJECTED, code)


def _refusal(response: PartnerResponse, sent: Batch, row: Row | None) -> Classification:
    verdict = _BY_STATUS.get(response.status, Verdict.REJECTED)
    wait = retry_after_seconds(response.headers, sent.now)
    ticket = ticket_of(row.ticket or sent.ticket) if row is not None else None
    if ticket is not None and verdict in (Verdict.THROTTLED, Verdict.TRY_AGAIN):
        return _later(ticket, max(wait or 0.0, POLL_SECONDS))
    if ticket is not None and verdict is not Verdict.UNAUTHORIZED:
        return refusal(Verdict.TRY_AGAIN, str(response.status))
    if verdict is Verdict.SPLIT and len(sent.rows) < 2:
        verdict = Verdict.REJECTED
    error = _read(response, _Error) if verdict is Verdict.REJECTED else None
    code = next((one.result_code for one in error.resultMessages), error.errorcode) if error else None
    if error is not None and str(code) == UNABLE_TO_SAVE and not error.additionalErrors:
        verdict = Verdict.TRY_AGAIN
    return refusal(verdict, str(code or response.status), wait)


def _later(ticket: Ticket, wait: float = POLL_SECONDS) -> Classification:
    text = msgspec.json.encode(ticket).decode()
    return Classification(Verdict.ACCEPTED_LATER, ticket=text, retry_after=wait)


def _unreadable(response: PartnerResponse) -> Classification:
    return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status))


def _read(response: PartnerResponse, type_: type[Answer]) -> Answer | None:
    try:
        return msgspec.json.decode(response.body, type=type_)
    except msgspec.MsgspecError:
        return None
