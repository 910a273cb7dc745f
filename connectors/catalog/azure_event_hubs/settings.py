"""What an Event Hubs connector asks for: access to the namespace, the hub, and the message."""

from typing import Any, ClassVar

from connectors.kit.azure_access import ENTITY_PATTERN, AzureSettings
from connectors.kit.azure_messaging import MessageFields
from connectors.kit.declaration import mapped, setting


class EventHubsSettings(AzureSettings):
    """Access to an Event Hubs namespace and the hub in it."""

    entity_field: ClassVar[str] = "event_hub"

    event_hub: str | None = setting(
        "Event hub",
        "The name of the hub; empty: the one that the connection string names (EntityPath).",
        default=None,
        example="audience-changes",
        pattern=ENTITY_PATTERN,
    )


class SendMessagesFields(MessageFields):
    """What the messages of a batch hold."""


class SendMessageFields(MessageFields):
    """What one message holds, and which partition it goes to."""

    partition: Any = mapped(
        "Partition key",
        "Messages with the same key keep their order: the profile, unless you need another.",
        mapping="{{ profile.id }}",
    )
