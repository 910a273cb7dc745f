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
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.json_request import bearer_request
from connectors.kit.mapped_values import mapped_object, mapped_text
from connectors.kit.tickets import ticket_of

NO_REQUEST = "00000000-0000-0000-0000-000000000000"


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request that a row went with, its place in it, and how far the questions have come."""

    request: str
    row: int
    rows: int
    results: bool = False
    page_size: int = 50


def upsert(settings: MarketingCloudSettings, fields: SyncDataExtensionFields, batch: Batch) -> PartnerRequest:
    """Writes a row per person; the answer names a request that is worked on later."""
    url = f"{settings.async_url}/dataextensions/key:{quote(fields.data_extension, safe='')}/rows"
    return bearer_request("PUT", url, batch.access_token, {"items": [_item(fields, row) for row in batch.rows]})


def ask(settings: MarketingCloudSettings, _: SyncDataExtensionFields, batch: Batch) -> PartnerRequest:
    """Asks how the request stands, or for the page of its results that holds the first row."""
    ticket = ticket_of(batch.rows[0].ticket or batch.ticket, Ticket)
    if ticket is None:
        raise CannotRender("There is no request to ask for.")
    page = f"results?page={ticket.row // ticket.page_size + 1}"
    url = f"{settings.async_url}/{quote(ticket.request, safe='')}/{page if ticket.results else 'status'}"
    return bearer_request("GET", url, batch.access_token)


def check(settings: MarketingCloudSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for a request that does not exist: the answer proves the access and changes nothing."""
    return bearer_request("GET", f"{settings.async_url}/{NO_REQUEST}/status", access_token)


def account(settings: MarketingCloudSettings) -> Mapping[str, str]:
    """What the token request adds: the business unit."""
    return {"account_id": settings.account_id} if settings.account_id else {}


def _item(fields: SyncDataExtensionFields, row: Row) -> dict[str, Any]:
    columns = mapped_object(row.mapped, "columns")
    for name, value in columns.items():
        if isinstance(value, (Mapping, list)):
            raise CannotRender(f"The column {name!r} must be a text, a number or true or false.")
    key = mapped_text(row.mapped, "row_id")
    return {**columns, fields.key_column: key, fields.membership_column: not row.change.removes}
