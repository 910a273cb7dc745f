"""Azure Event Hubs: every membership change or event becomes a message on a hub."""

from connectors.catalog.azure_event_hubs import render
from connectors.catalog.azure_event_hubs.settings import EventHubsSettings, SendMessageFields, SendMessagesFields
from connectors.kit import azure_messaging
from connectors.kit.azure_access import API_VERSION, entra_flow
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    OCCURRED,
    ActionType,
    BatchRule,
    ConnectorType,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="azure_event_hubs",
    label="Azure Event Hubs",
    api_version=API_VERSION,
    summary=Summary(
        description="Every join, leave, entry, exit or event becomes one JSON message on an event hub. Nothing is"
        " hashed. Each message carries the delivery id, by which a consumer recognises one that was sent twice.",
        requirements=(
            "An Event Hubs namespace with a hub in it.",
            "A shared access policy with Send, or an Entra ID application with the role Data Sender.",
        ),
        resources=(
            ("Sending batches of events", "https://learn.microsoft.com/rest/api/eventhub/send-batch-events"),
            ("Errors", "https://learn.microsoft.com/azure/event-hubs/event-hubs-messaging-exceptions"),
        ),
        prerequisites=("Consumers accept the test message of the connection test, whose change is connection_test.",),
        unverified=(
            "The body of the message is our own: the form that other products send is not published.",
            "The numeric sub-codes of errors and the size limits of the tiers are from general knowledge; a batch that"
            " is too large is halved.",
            "Event Hubs documents properties of messages in a batch, and does not say which partition key a batch of"
            " several keys goes by: keys are sent with single messages only.",
        ),
    ),
    settings=EventHubsSettings,
    actions=(
        ActionType(
            key="send_message",
            label="Send message",
            description="One message per change, at once; a profile's messages keep their order.",
            fields=SendMessageFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.send_message,
        ),
        ActionType(
            key="send_messages",
            label="Send messages in batches",
            description="Up to 500 messages per request, for hubs with much traffic; they may land on any partition.",
            fields=SendMessagesFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.send_messages,
            batch=BatchRule(max_rows=500, max_age_seconds=10.0, max_bytes=400_000),
        ),
    ),
    partner_type=PartnerType(number=21),
    check=azure_messaging.check,
    classify=azure_messaging.azure_response,
    token=entra_flow("https://eventhubs.azure.net/.default"),
    error_documentation="https://learn.microsoft.com/azure/event-hubs/event-hubs-messaging-exceptions",
    codes=azure_messaging.CODES,
)
