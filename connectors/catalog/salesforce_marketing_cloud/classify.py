"""What Marketing Cloud's answers mean: a request is taken first, and says later which of its rows were stored.

Errors: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/error-handling.html
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from connectors.catalog.salesforce_marketing_cloud.render import Ticket
from connectors.kit.answers import for_all, is_good, read_json, unreadable
from connectors.kit.classification import ACCEPTED, Classification, Verdict, refusal
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts
from connectors.kit.tickets import later, ticket_of

CODES = read_facts(__package__).codes
POLL_SECONDS = 15.0
DEADLOCK = "Rerun the transaction"
"""In the message; the code beside it is one that lasting refusals have too."""


class _Message(msgspec.Struct, rename="camel"):
    result_type: str = ""
    result_code: str | int | None = None


class _Status(msgspec.Struct, rename="camel"):
    request_status: str = ""
    result_status: str = ""
    has_errors: bool = False


class _Item(msgspec.Struct, rename="camel"):
    status: str = ""
    message: str | None = None
    error_code: str | int | None = None


class _Answer(msgspec.Struct, rename="camel"):
    request_id: str | None = None
    result_messages: list[_Message] = []
    status: _Status = msgspec.field(default_factory=_Status)
    page: int = 0
    page_size: int = 0
    count: int = 0
    items: list[_Item] = []
    errorcode: str | int | None = None
    additional_errors: list[Any] | None = None


def marketing_cloud_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning per row: of the answer to an upsert, to a question how it stands, or to one for its results."""
    tickets = [ticket_of(row.ticket or sent.ticket, Ticket) for row in sent.rows]
    asked = next((ticket for ticket in tickets if ticket is not None), None)
    if not is_good(response):
        return tuple(_refusal(response, sent, ticket) for ticket in tickets or (None,))
    if not tickets:
        return (ACCEPTED,)
    if asked is None:
        return _taken(response, sent)
    known = [ticket or asked for ticket in tickets]
    return _results(response, known) if asked.results else _progress(response, known)


def _taken(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    answer, rows = read_json(response, _Answer) or _Answer(), len(sent.rows)
    failed = next((one for one in answer.result_messages if one.result_type == "Error"), None)
    if failed is not None:
        return for_all(refusal(Verdict.REJECTED, str(failed.result_code)), sent)
    if not answer.request_id:
        return for_all(unreadable(response), sent)
    return tuple(later(Ticket(answer.request_id[:100], row, rows), POLL_SECONDS) for row in range(rows))


def _progress(response: PartnerResponse, tickets: list[Ticket]) -> tuple[Classification, ...]:
    status = (read_json(response, _Answer) or _Answer()).status
    # For a while the answer has no status at all: the request is known, and not yet picked up.
    if not status.request_status.startswith(("Complete", "Error")):
        return tuple(later(ticket, POLL_SECONDS) for ticket in tickets)
    if status.request_status.startswith("Complete") and status.result_status == "OK" and not status.has_errors:
        return (ACCEPTED,) * len(tickets)
    return tuple(later(replace(ticket, results=True)) for ticket in tickets)


def _results(response: PartnerResponse, tickets: list[Ticket]) -> tuple[Classification, ...]:
    answer = read_json(response, _Answer) or _Answer()
    page = dict(enumerate(answer.items, (answer.page - 1) * answer.page_size))
    is_ours = answer.count == tickets[0].rows and answer.page >= 1 and answer.page_size > 0
    # Without one row of ours on the page, asking on would go in circles: an upsert can be sent again.
    if not is_ours or not any(ticket.row in page for ticket in tickets):
        return (unreadable(response),) * len(tickets)
    return tuple(
        _row_meaning(page[ticket.row]) if ticket.row in page else later(replace(ticket, page_size=answer.page_size))
        for ticket in tickets
    )


def _row_meaning(item: _Item) -> Classification:
    if item.status == "OK":
        return ACCEPTED
    is_deadlock = DEADLOCK in (item.message or "")
    return refusal(Verdict.TRY_AGAIN if is_deadlock else Verdict.REJECTED, str(item.error_code))


def _refusal(response: PartnerResponse, sent: Batch, ticket: Ticket | None) -> Classification:
    found = CODES.refusal(response, sent)
    if ticket is not None and found.verdict in (Verdict.THROTTLED, Verdict.TRY_AGAIN):
        return later(ticket, max(found.retry_after or 0.0, POLL_SECONDS))
    if ticket is not None and found.verdict is not Verdict.UNAUTHORIZED:
        return refusal(Verdict.TRY_AGAIN, str(response.status))
    error = read_json(response, _Answer) if found.verdict is Verdict.REJECTED else None
    code = next((one.result_code for one in error.result_messages), error.errorcode) if error else None
    if error is None or not code:
        return found
    # Without further errors the rows themselves are not what could not be saved.
    can_wait = not error.additional_errors
    return CODES.refusal(response, sent, str(code)) if can_wait else refusal(Verdict.REJECTED, str(code))
