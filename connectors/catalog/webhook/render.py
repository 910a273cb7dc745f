"""What a webhook sends: one signed request per event, with the delivery id as idempotency key."""

from datetime import datetime
from typing import Any

from connectors.catalog.webhook.settings import OWN_HEADERS, BodyFormat, SendEventFields, WebhookSettings
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.http_parts import Headers, json_body, mapped_headers, text_body, url_under
from connectors.kit.standard_webhooks import sign


def send_event(settings: WebhookSettings, fields: SendEventFields, batch: Batch) -> PartnerRequest:
    """The request for one event."""
    row = batch.rows[0]
    body = _body(fields, row.mapped.get("body"))
    headers = _own_headers(settings, row.delivery_id, batch.now, body)
    if body:
        headers = (("Content-Type", fields.content_type), *headers)
    extra = row.mapped.get("headers")
    return PartnerRequest(
        fields.method,
        url_under(settings.url, row.mapped.get("path")),
        (*headers, *mapped_headers(extra, _taken(settings))) if extra else headers,
        body,
        settings.shown_secrets,
    )


def check(settings: WebhookSettings, now: datetime, _: str | None) -> PartnerRequest:
    """A test message: it proves the address, the credentials and, at the receiver, the signature."""
    body = json_body({"type": "patchbay.connection_test", "sent_at": now})
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


def _taken(settings: WebhookSettings) -> frozenset[str]:
    return OWN_HEADERS | {name.lower() for name, _ in settings.access_header}


def _body(fields: SendEventFields, body: Any) -> bytes:
    if body is None:
        return b""
    return text_body(body) if fields.body_format is BodyFormat.TEXT else json_body(body)
