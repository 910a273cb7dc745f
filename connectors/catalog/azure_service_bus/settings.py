"""What a Service Bus connector asks for: access to the namespace, the queue or topic, and the message."""

from typing import Any, ClassVar

from connectors.kit.azure_access import ENTITY_PATTERN, AzureSettings
from connectors.kit.azure_messaging import MessageFields
from connectors.kit.declaration import mapped, setting


class ServiceBusSettings(AzureSettings):
    """Access to a Service Bus namespace and the queue or topic in it."""

    entity_field: ClassVar[str] = "queue_or_topic"

    queue_or_topic: str | None = setting(
        "Queue or topic",
        "Its name; empty: the one that the connection string names (EntityPath).",
        default=None,
        example="audience-changes",
        pattern=ENTITY_PATTERN,
    )


class SendMessageFields(MessageFields):
    """What a message holds, and its session."""

    session_id: Any = mapped(
        "Session ID",
        "For queues with sessions: messages of a session keep their order, such as {{ profile.id }}.",
        mapping=None,
    )
