"""What is sent to Event Hubs: messages in the batch form, which carries properties of any text."""

from connectors.catalog.azure_event_hubs.settings import EventHubsSettings, SendMessageFields, SendMessagesFields
from connectors.kit.azure_messaging import message, post
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.mapped_values import mapped_text


def send_message(settings: EventHubsSettings, _: SendMessageFields, batch: Batch) -> PartnerRequest:
    """One message, with the partition key that keeps a profile's changes in order."""
    row = batch.rows[0]
    return post(settings, [message(row, {"PartitionKey": mapped_text(row.mapped, "partition")})], batch)


def send_messages(settings: EventHubsSettings, _: SendMessagesFields, batch: Batch) -> PartnerRequest:
    """Many messages, without a key: those of one request may share one key only."""
    return post(settings, [message(row, {}) for row in batch.rows], batch)
