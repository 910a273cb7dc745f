"""What stands on the topic: one message per event, keyed by profile, with CloudEvents headers.

A request to a Kafka cluster is `PRODUCE` to `kafka://brokers/topic`. Its headers are the record's, but for those that
begin with a colon: `:key` is the record's key, URL-encoded; the others say how to sign in.
"""

from datetime import datetime
from urllib.parse import quote

import msgspec

from connectors.catalog.kafka_topic.settings import KafkaTopicSettings, Mechanism, PublishEventFields, Removal
from connectors.kit.declaration import OCCURRED, Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.filters import rfc3339

_to_json = msgspec.json.Encoder(decimal_format="number").encode

Headers = tuple[tuple[str, str], ...]


def publish_event(settings: KafkaTopicSettings, fields: PublishEventFields, batch: Batch) -> PartnerRequest:
    """The message for one event."""
    row = batch.rows[0]
    tombstone = row.change.removes and fields.removal is Removal.TOMBSTONE
    headers = ((":key", quote(row.profile_id, safe="")), *_cloud_event(row))
    return PartnerRequest(
        "PRODUCE",
        f"kafka://{settings.bootstrap_servers}/{fields.topic}",
        (*headers, *_access(settings)),
        b"" if tombstone else _value(row),
        _secrets(settings),
    )


def check(settings: KafkaTopicSettings, _: datetime, __: str | None) -> PartnerRequest:
    """Asks which brokers there are: it proves the address and the user."""
    return PartnerRequest(
        "METADATA", f"kafka://{settings.bootstrap_servers}", _access(settings), secrets=_secrets(settings)
    )


def _cloud_event(row: Row) -> Headers:
    kind = "event" if row.change is OCCURRED else "membership"
    return (
        ("content-type", "application/json"),
        ("ce_specversion", "1.0"),
        ("ce_id", row.delivery_id),
        ("ce_source", "patchbay"),
        ("ce_type", f"{kind}.{row.change.value}.v1"),
        ("ce_time", rfc3339(row.occurred_at)),
    )


def _value(row: Row) -> bytes:
    try:
        return _to_json(row.mapped.get("value"))
    except (TypeError, ValueError, OverflowError) as error:
        raise CannotRender("The value cannot be written as JSON.") from error


def _access(settings: KafkaTopicSettings) -> Headers:
    protocol = "SSL" if settings.tls else "PLAINTEXT"
    if settings.mechanism is Mechanism.NONE or settings.password is None:
        return ((":security", protocol),)
    return (
        (":security", f"SASL_{protocol}"),
        (":mechanism", settings.mechanism.value),
        (":username", settings.username or ""),
        (":password", settings.password.get_secret_value()),
    )


def _secrets(settings: KafkaTopicSettings) -> tuple[str, ...]:
    return (settings.password.get_secret_value(),) if settings.password else ()
