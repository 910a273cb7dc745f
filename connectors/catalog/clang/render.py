"""What is sent to Clang: SOAP calls that find a customer and change a group, or a batch of customers as JSON.

SOAP is document/literal: https://secure.myclang.com/app/api/soap/public/index.php?wsdl. The REST v2 API takes its token
in the query: https://documenter.getpostman.com/view/6603240/SzYaUHj8.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from connectors.catalog.clang.settings import ClangSettings, SyncCustomersFields, SyncGroupFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import normalize_email
from connectors.kit.mapped_text import mapped_text
from connectors.records.delivery import Reason

NAMESPACE = "https://secure.myclang.com/app/api/soap/public/index.php"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
MAX_TEXT = 500
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CLANG_ID = re.compile(r"[0-9]{1,18}")


class Step(Enum):
    """Where the way of a person into a group, or out of it, has come to."""

    FIND = "find"
    CREATE = "create"
    CHANGE_GROUP = "change_group"


class Ticket(msgspec.Struct, frozen=True):
    """The customer that was found or created; `None` when nobody was found and one must be created."""

    customer: str | None


def ticket_of(text: str | None) -> Ticket | None:
    """The ticket in its text form."""
    return msgspec.json.decode(text, type=Ticket) if text else None


def step_of(batch: Batch) -> Step:
    """What is asked next for the one row of a batch."""
    ticket = ticket_of(batch.ticket)
    if ticket is None:
        return Step.CHANGE_GROUP if _clang_id(batch.rows[0].mapped) else Step.FIND
    return Step.CHANGE_GROUP if ticket.customer else Step.CREATE


def change_group(settings: ClangSettings, fields: SyncGroupFields, batch: Batch) -> PartnerRequest:
    """The next call for one person: find, create, or add to the group or remove from it."""
    row, ticket = batch.rows[0], ticket_of(batch.ticket)
    external_id, email = mapped_text(row.mapped, "external_id"), normalize_email(mapped_text(row.mapped, "email"))
    match step_of(batch):
        case Step.CREATE:
            customer = {"externalId": external_id, "emailAddress": email}
            return _soap(settings, "customer_insert", {"customer": {key: one for key, one in customer.items() if one}})
        case Step.FIND if external_id:
            return _soap(settings, "customer_getByExternalId", {"externalId": external_id})
        case Step.FIND:
            return _soap(settings, "customer_getByEmailAddress", {"emailAddress": email})
        case Step.CHANGE_GROUP:
            found = ticket.customer if ticket is not None else _clang_id(row.mapped)
            method = "group_removeMember" if batch.change.removes else "group_addMember"
            return _soap(settings, method, {"group": {"id": fields.group_id}, "customer": {"id": found or ""}})


def refuse_person(_: ClangSettings, __: SyncGroupFields, row: Row) -> Reason | None:
    """A customer is found by number, external id or e-mail."""
    known = _clang_id(row.mapped) or mapped_text(row.mapped, "external_id")
    return None if known or normalize_email(mapped_text(row.mapped, "email")) else Reason.NO_IDENTIFIER


def send_customers(settings: ClangSettings, fields: SyncCustomersFields, batch: Batch) -> PartnerRequest:
    """Up to 500 customers with a status each."""
    status = fields.left_status if batch.change.removes else fields.joined_status
    rows = [
        {"status": status, **_known(row.mapped), **_only({"audience": row.mapped.get("audience")})}
        for row in batch.rows
    ]
    token = settings.token.get_secret_value()
    body = msgspec.json.encode({fields.rows_field: rows})
    headers = (("Content-Type", "application/json"), ("Accept", "application/json"))
    return PartnerRequest("POST", f"{settings.api_url}{fields.path}?token={token}", headers, body, (token,))


def refuse_customer(_: ClangSettings, __: SyncCustomersFields, row: Row) -> Reason | None:
    """A row needs at least one field that says who it is."""
    return None if _known(row.mapped) else Reason.NO_IDENTIFIER


def check(settings: ClangSettings, _: datetime, __: str | None) -> PartnerRequest:
    """Asks how many customers there are."""
    return _soap(settings, "customer_getTotalNumberOfCustomers", {})


def _clang_id(mapped: Mapping[str, Any]) -> str:
    text = mapped_text(mapped, "customer_id")
    return text if _CLANG_ID.fullmatch(text) else ""


def _known(mapped: Mapping[str, Any]) -> dict[str, Any]:
    customer = mapped.get("customer")
    if not isinstance(customer, Mapping):
        raise CannotRender("The customer must be an object of names and values.")
    return _only(customer)


def _only(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _soap(settings: ClangSettings, method: str, arguments: Mapping[str, Any]) -> PartnerRequest:
    token = settings.token.get_secret_value()
    call = f"<{method}>{_xml({'uuid': token, **arguments})}</{method}>"
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{ENVELOPE}" xmlns="{NAMESPACE}">'
        f"<soap:Body>{call}</soap:Body></soap:Envelope>"
    )
    url = f"{settings.api_url}/app/api/soap/public/index.php?version={settings.soap_version}&type=literal"
    headers = (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", '""'))
    return PartnerRequest("POST", url, headers, body.encode(), (token,))


def _xml(arguments: Mapping[str, Any]) -> str:
    parts = []
    for name, value in arguments.items():
        if isinstance(value, str) and (len(value) > MAX_TEXT or _NOT_IN_XML.search(value)):
            raise CannotRender(f"The {name} is longer than {MAX_TEXT} characters or holds one that XML cannot carry.")
        parts.append(f"<{name}>{escape(value) if isinstance(value, str) else _xml(value)}</{name}>")
    return "".join(parts)
