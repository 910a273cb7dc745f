"""What a webhook sends: one signed request per event, with the delivery id as idempotency key."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connectors.catalog.webhook.settings import HEADER_NAME, OWN_HEADERS, BodyFormat, SendEventFields, WebhookSettings
from connectors.kit.declaration import Batch
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.filters import FilterRefused, as_text
from connectors.kit.standard_webhooks import sign

_PATH = re.compile(r"[^\s\\#\x00-\x20\x7f]*")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")
_to_json = msgspec.json.Encoder(decimal_format="number").encode

Headers = tuple[tuple[str, str], ...]


def send_event(settings: WebhookSettings, fields: SendEventFields, batch: Batch) -> PartnerRequest:
    """The request for one event."""
    row = batch.rows[0]
    body = _body(fields, row.mapped.get("body"))
    headers = _own_headers(settings, row.delivery_id, batch.now, body)
    if body:
        headers = (("Content-Type", fields.content_type), *headers)
    extra = row.mapped.get("headers")
    return PartnerRequest(
        fields.method.value,
        _url(settings.url, row.mapped.get("path")),
        (*headers, *_mapped_headers(settings, extra)) if extra else headers,
        body,
        settings.shown_secrets,
    )


def check(settings: WebhookSettings, now: datetime, _: str | None) -> PartnerRequest:
    """A test message: it proves the address, the credentials and, at the receiver, the signature."""
    body = _to_json({"type": "patchbay.connection_test", "sent_at": now})
    headers = _own_headers(settings, "connection-test", now, body)
    return PartnerRequest(
        "POST", settings.url, (("Content-Type", "application/json"), *headers), body, settings.shown_secrets
    )


def _own_headers(settings: WebhookSettings, delivery_id: str, now: datetime, body: bytes) -> Headers:
    timestamp = int(now.timestamp())
    headers = (
        *settings.access_header,
        ("Idempotency-Key", delivery_id),
        ("webhook-id", delivery_id),
        ("webhook-timestamp", str(timestamp)),
    )
    keys = settings.signing_keys
    return (*headers, ("webhook-signature", sign(keys, delivery_id, timestamp, body))) if keys else headers


def _url(base: str, path: Any) -> str:
    if not path:
        return base
    text = _text("path", path)
    if _PATH.fullmatch(text) is None:
        raise CannotRender("The path holds a blank, a #, a \\ or a control character; use `| urlencode` on its parts.")
    # Without the slash, a path such as `@example.org` would become part of the host.
    return base + text if text[0] in "/?" else f"{base}/{text}"


def _mapped_headers(settings: WebhookSettings, headers: Any) -> Headers:
    if not isinstance(headers, Mapping):
        raise CannotRender("The headers must be an object of names and values.")
    taken = OWN_HEADERS | {name.lower() for name, _ in settings.access_header}
    pairs = tuple((name, _text(f"header {name!r}", value)) for name, value in headers.items())
    for name, value in pairs:
        if HEADER_NAME.fullmatch(name) is None or name.lower() in taken:
            raise CannotRender(f"The header {name[:100]!r} cannot be set by a mapping.")
        if _HEADER_VALUE.fullmatch(value) is None:
            raise CannotRender(f"The value of the header {name[:100]!r} holds a line break or a control character.")
    return tuple((name, value) for name, value in pairs if value)


def _body(fields: SendEventFields, body: Any) -> bytes:
    if body is None:
        return b""
    if fields.body_format is BodyFormat.TEXT:
        return _text("body", body).encode("utf-8", "replace")
    try:
        return _to_json(body)
    except (TypeError, ValueError, OverflowError) as error:
        raise CannotRender("The body cannot be written as JSON.") from error


def _text(what: str, value: Any) -> str:
    try:
        return as_text(value)
    except FilterRefused as error:
        raise CannotRender(f"The {what}: {error}.") from error
