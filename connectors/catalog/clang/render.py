"""What is sent to Clang: SOAP calls that find a customer and change a group, or a batch of customers as JSON.

SOAP is document/literal: https://secure.myclang.com/app/api/soap/public/index.php?wsdl. The REST v2 API takes its token
in the query: https://documenter.getpostman.com/view/6603240/SzYaUHj8.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from connectors.catalog.clang.settings import ClangSettings, SyncCustomersFields, SyncGroupFields
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import normalize_email
from connectors.kit.json_request import json_request
from connectors.kit.mapped_values import mapped_object, mapped_text
from connectors.kit.soap import soap_request

NAMESPACE = "https://secure.myclang.com/app/api/soap/public/index.php"

CREATE = "create"
"""The ticket when nobody was found; any other ticket is the number of the customer."""

Step = Literal["find", "create", "change_group"]
"""Where the way of a person into a group, or out of it, has come to."""


def step_of(batch: Batch) -> Step:
    """What is asked next for the one row of a batch."""
    known = batch.ticket or _clang_id(batch.rows[0].mapped)
    return "find" if not known else "create" if known == CREATE else "change_group"


def change_group(settings: ClangSettings, fields: SyncGroupFields, batch: Batch) -> PartnerRequest:
    """The next call for one person: find, create, or add to the group or remove from it."""
    mapped = batch.rows[0].mapped
    external_id, email = mapped_text(mapped, "external_id"), normalize_email(mapped_text(mapped, "email"))
    match step_of(batch):
        case "create":
            customer = _only({"externalId": external_id, "emailAddress": email})
            return _soap(settings, "customer_insert", {"customer": customer})
        case "find" if external_id:
            return _soap(settings, "customer_getByExternalId", {"externalId": external_id})
        case "find":
            return _soap(settings, "customer_getByEmailAddress", {"emailAddress": email})
        case "change_group":
            customer_id = batch.ticket or _clang_id(mapped)
            method = "group_removeMember" if batch.change.removes else "group_addMember"
            return _soap(settings, method, {"group": {"id": fields.group_id}, "customer": {"id": customer_id}})


def known_person(_: SyncGroupFields, mapped: Mapping[str, Any]) -> str:
    """A customer is found by number, external id or e-mail."""
    return _clang_id(mapped) or mapped_text(mapped, "external_id") or normalize_email(mapped_text(mapped, "email"))


def send_customers(settings: ClangSettings, fields: SyncCustomersFields, batch: Batch) -> PartnerRequest:
    """Up to 500 customers with a status each."""
    status = fields.left_status if batch.change.removes else fields.joined_status
    rows = [
        {"status": status, **known_customer(fields, row.mapped), **_only({"audience": row.mapped.get("audience")})}
        for row in batch.rows
    ]
    token = settings.token.get_secret_value()
    url = f"{settings.api_url}{fields.path}?token={token}"
    return json_request("POST", url, {fields.rows_field: rows}, (("Accept", "application/json"),), (token,))


def known_customer(_: SyncCustomersFields, mapped: Mapping[str, Any]) -> dict[str, Any]:
    """A row needs at least one field that says who it is."""
    return _only(mapped_object(mapped, "customer"))


def check(settings: ClangSettings, _: datetime, __: str | None) -> PartnerRequest:
    """Asks how many customers there are."""
    return _soap(settings, "customer_getTotalNumberOfCustomers", {})


def _clang_id(mapped: Mapping[str, Any]) -> str:
    text = mapped_text(mapped, "customer_id")
    return text if re.fullmatch(r"[0-9]{1,18}", text) else ""


def _only(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _soap(settings: ClangSettings, method: str, arguments: Mapping[str, Any]) -> PartnerRequest:
    token = settings.token.get_secret_value()
    url = f"{settings.api_url}/app/api/soap/public/index.php?version={settings.soap_version}&type=literal"
    return soap_request(url, NAMESPACE, method, {"uuid": token, **arguments}, (token,))
