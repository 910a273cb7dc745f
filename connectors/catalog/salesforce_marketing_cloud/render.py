"""What is sent to Marketing Cloud: an asynchronous upsert of rows, then questions about it.

https://developer.salesforce.com/docs/marketing/marketing-cloud/references/mc_rest_data_extensions
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from connectors.catalog.salesforce_marketing_cloud.settings import MarketingCloudSettings, SyncDataExtensionFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.mapped_text import mapped_text
from connectors.records.delivery import Reason

NO_REQUEST = "00000000-0000-0000-0000-000000000000"


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request that a row went with, its place in it, and how far the questions have come."""

    request: str
    row: int
    rows: int
    results: bool = False
    page_size: int = 250


def ticket_of(text: str | None) -> Ticket | None:
    """The ticket in its text form."""
    return msgspec.json.decode(text, type=Ticket) if text else None


def upsert(settings: MarketingCloudSettings, fields: SyncDataExtensionFields, batch: Batch) -> PartnerRequest:
    """Writes a row per person; the answer names a request that is worked on later."""
    items = [_item(fields, row) for row in batch.rows]
    path = f"dataextensions/key:{quote(fields.data_extension, safe='')}/rows"
    return _request(settings, "PUT", path, batch.access_token, msgspec.json.encode({"items": items}))


def ask(settings: MarketingCloudSettings, _: SyncDataExtensionFields, batch: Batch) -> PartnerRequest:
    """Asks how the request stands, or for the page of its results that holds the first row."""
    ticket = ticket_of(batch.rows[0].ticket or batch.ticket)
    if ticket is None:
        raise CannotRender("There is no request to ask for.")
    path = f"{quote(ticket.request, safe='')}/status"
    if ticket.results:
        page = ticket.row // ticket.page_size + 1
        path = f"{quote(ticket.request, safe='')}/results?$page={page}&$pageSize={ticket.page_size}"
    return _request(settings, "GET", path, batch.access_token)


def check(settings: MarketingCloudSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for a request that does not exist: the answer proves the access and changes nothing."""
    return _request(settings, "GET", f"{NO_REQUEST}/status", access_token)


def refuse(_: MarketingCloudSettings, __: SyncDataExtensionFields, row: Row) -> Reason | None:
    """A row needs its key."""
    return None if mapped_text(row.mapped, "row_id") else Reason.NO_IDENTIFIER


def account(settings: MarketingCloudSettings) -> Mapping[str, str]:
    """What the token request adds: the business unit."""
    return {"account_id": settings.account_id} if settings.account_id else {}


def _item(fields: SyncDataExtensionFields, row: Row) -> dict[str, Any]:
    columns = row.mapped.get("columns") or {}
    if not isinstance(columns, Mapping):
        raise CannotRender("The columns must be an object of names and values.")
    for name, value in columns.items():
        if isinstance(value, (Mapping, list)):
            raise CannotRender(f"The column {name!r} must be a text, a number or true or false.")
    key = mapped_text(row.mapped, "row_id")
    return {**columns, fields.key_column: key, fields.membership_column: not row.change.removes}


def _request(
    settings: MarketingCloudSettings, method: str, path: str, token: str | None, body: bytes = b""
) -> PartnerRequest:
    if token is None:
        raise InvalidSettings("Marketing Cloud has given no token.")
    headers = (("Authorization", f"Bearer {token}"), *((("Content-Type", "application/json"),) if body else ()))
    return PartnerRequest(method, f"{settings.async_url}/{path}", headers, body, (token,))
