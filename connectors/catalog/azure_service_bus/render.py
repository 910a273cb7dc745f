"""What is sent to Service Bus: messages in the batch form, whose message id lets the queue drop what is sent twice."""

from typing import Any

from connectors.catalog.azure_service_bus.settings import SendMessageFields, ServiceBusSettings
from connectors.kit.azure_messaging import message, post
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerRequest
from connectors.kit.mapped_values import mapped_text


def send_messages(settings: ServiceBusSettings, _: SendMessageFields, batch: Batch) -> PartnerRequest:
    """One message per row: a single one, or those of a batch."""
    return post(settings, [_message(row) for row in batch.rows], batch)


def _message(row: Row) -> dict[str, Any]:
    return message(row, {"MessageId": row.delivery_id, "SessionId": mapped_text(row.mapped, "session_id")})
