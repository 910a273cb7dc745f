"""Messages to Azure Event Hubs and Service Bus: their batch form, the requests that send them, and their errors.

Messages: https://learn.microsoft.com/rest/api/eventhub/send-batch-events and /rest/api/servicebus/send-message-batch.
Errors: https://learn.microsoft.com/azure/event-hubs/event-hubs-messaging-exceptions.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.kit.azure_access import AzureSettings, authorization
from connectors.kit.classification import (
    ACCEPTED,
    DEFAULT_BY_STATUS,
    Classification,
    Verdict,
    refusal,
    retry_after_seconds,
)
from connectors.kit.declaration import ActionFields, Batch, Row, mapped
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.kit.identifiers import sha256_hex
from connectors.kit.mapped_values import mapped_object

BUSY_SECONDS = 10.0
MAX_KEY_LENGTH = 128
"""Partition keys, session ids and message ids are at most this long."""

BODY: dict[str, Any] = {
    "event_id": "{{ event.id | default: nil }}",
    "type": "{% case event.change %}{% when 'left', 'exited' %}remove{% when 'occurred' %}event"
    "{% else %}add{% endcase %}",
    "profile_id": "{{ profile.id }}",
    "occurred_at": "{{ event.occurred_at }}",
    "source": "{{ source | default: nil }}",
    "name": "{{ event.name | default: nil }}",
    "identifiers": "{{ profile.identifiers }}",
    "attributes": "{{ profile.attributes }}",
    "properties": "{{ event.properties | default: nil }}",
}


class MessageFields(ActionFields):
    """What a message holds."""

    body: Any = mapped("Body", "The message, as JSON.", mapping=BODY, required=True)
    properties: Any = mapped(
        "Properties",
        "More properties beside the body, by name; the delivery id, the event id and the change are always there.",
        mapping={},
    )


def message(row: Row, broker_properties: Mapping[str, str]) -> dict[str, Any]:
    """One message of a batch. A timeout may hide a delivery, so each carries the id by which a resend is recognised."""
    body, properties = row.mapped.get("body"), mapped_object(row.mapped, "properties")
    own = {"delivery_id": row.delivery_id, "event_id": row.event_id, "change": row.change.value}
    user_properties = {**{name: _scalar(name, value) for name, value in properties.items()}, **own}
    return {
        "Body": msgspec.json.encode(body).decode(),
        "UserProperties": {name: value for name, value in user_properties.items() if value is not None},
        "BrokerProperties": {name: short_key(value) for name, value in broker_properties.items() if value},
    }


def short_key(key: str) -> str:
    """A key within the limit of 128; longer ones become their hash, so that equal keys stay equal."""
    return key if len(key) <= MAX_KEY_LENGTH else sha256_hex(key)


def post(settings: AzureSettings, messages: Sequence[Mapping[str, Any]], batch: Batch) -> PartnerRequest:
    """The request that sends messages; it is accepted or refused whole."""
    return _post(settings, messages, batch.now, batch.access_token)


def check(settings: AzureSettings, now: datetime, access_token: str | None) -> PartnerRequest:
    """A test message: only sending proves the right to send."""
    body = msgspec.json.encode({"type": "patchbay.connection_test", "sent_at": now}).decode()
    return _post(settings, ({"Body": body, "UserProperties": {"change": "connection_test"}},), now, access_token)


def _post(
    settings: AzureSettings, messages: Sequence[Mapping[str, Any]], now: datetime, access_token: str | None
) -> PartnerRequest:
    access = authorization(settings, now, access_token)
    return PartnerRequest(
        "POST",
        settings.messages_url,
        (("Authorization", access), ("Content-Type", "application/vnd.microsoft.servicebus.json")),
        msgspec.json.encode(messages),
        (access,) if access_token is None else (access_token,),
    )


def _scalar(name: str, value: Any) -> Any:
    if isinstance(value, (Mapping, list)):
        raise CannotRender(f"The property {name!r} must be a text, a number or true or false.")
    return value


_UNAUTHORIZED = ("40100", "40101", "40102", "40103", "UnauthorizedAccess")
_MISCONFIGURED = ("40400", "MessagingEntityNotFound", "MessagingEntityDisabled", "QuotaExceeded")
_BUSY = ("50001", "50002", "ServerBusy")
_TOO_LARGE = ("MessageSizeExceeded",)
_BY_SUBCODE: Mapping[str, Verdict] = {
    **dict.fromkeys(_UNAUTHORIZED, Verdict.UNAUTHORIZED),
    **dict.fromkeys(_MISCONFIGURED, Verdict.MISCONFIGURED),
    **dict.fromkeys(_BUSY, Verdict.THROTTLED),
    **dict.fromkeys(_TOO_LARGE, Verdict.SPLIT),
}
_BY_STATUS: Mapping[int, Verdict] = {
    **DEFAULT_BY_STATUS,
    404: Verdict.MISCONFIGURED,
    410: Verdict.MISCONFIGURED,
    413: Verdict.SPLIT,
}
_SUBCODE = re.compile(rf"(?<![0-9A-Za-z-])(?:{'|'.join(_BY_SUBCODE)})(?![0-9A-Za-z-])")

CODES = {
    "400": "The request is malformed.",
    "401": "Azure does not accept the signature or token; replace the connection string or the client secret.",
    "401/40103": "The signature of the shared access policy is not valid; replace the connection string.",
    "403": "The policy or application may not send; it needs Send (or the role Data Sender).",
    "403/QuotaExceeded": "The entity is full or has reached its quota; a person must raise it or empty the entity.",
    "403/MessageSizeExceeded": "The messages are too large; a batch is halved.",
    "404": "The namespace has no such hub, queue or topic.",
    "404/40400": "The namespace has no such hub, queue or topic.",
    "410": "The hub, queue or topic does not exist or is disabled.",
    "413": "The messages are too large; a batch is halved.",
    "429": "Too many requests; it waits.",
    "500": "An error inside Azure; it is tried again.",
    "502": "Azure is not reachable; it is tried again.",
    "503": "Azure is not available; it is tried again.",
    "503/50001": "The server is busy; it waits at least ten seconds.",
    "503/50002": "The throughput units are used up; it waits at least ten seconds.",
    "503/ServerBusy": "The server is busy; it waits at least ten seconds.",
    "504": "Azure did not finish in time and may have taken the messages; they are sent again with the same ids.",
}


def azure_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: a batch is accepted or refused whole."""
    return (_meaning(response, sent),) * (len(sent.rows) or 1)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    if 200 <= response.status < 300:
        return ACCEPTED
    found = _SUBCODE.search(response.body.decode("utf-8", "replace"))
    code = f"{response.status}/{found[0]}" if found else str(response.status)
    verdict = _BY_SUBCODE[found[0]] if found else _BY_STATUS.get(response.status, Verdict.REJECTED)
    wait = retry_after_seconds(response.headers, sent.now)
    if verdict is Verdict.THROTTLED:
        wait = max(wait or 0.0, BUSY_SECONDS)
    if verdict is Verdict.SPLIT and len(sent.rows) < 2:
        verdict = Verdict.REJECTED
    return refusal(verdict, code, wait)
