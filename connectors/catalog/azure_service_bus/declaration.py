"""Azure Service Bus: every membership change or event becomes a message in a queue or topic."""

from connectors.catalog.azure_service_bus import render
from connectors.catalog.azure_service_bus.settings import SendMessageFields, ServiceBusSettings
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
    key="azure_service_bus",
    label="Azure Service Bus",
    api_version=API_VERSION,
    summary=Summary(
        description="Every join, leave, entry, exit or event becomes one JSON message in a queue or topic. Nothing is"
        " hashed. The message id is the delivery id: a queue with duplicate detection drops what is sent twice.",
        requirements=(
            "A Service Bus namespace with a queue or topic in it.",
            "A shared access policy with Send, or an Entra ID application with the role Data Sender.",
        ),
        resources=(
            ("Sending batches of messages", "https://learn.microsoft.com/rest/api/servicebus/send-message-batch"),
            ("Errors", "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-exceptions"),
        ),
        prerequisites=("Receivers accept the test message of the connection test, whose change is connection_test.",),
        unverified=(
            "The body of the message is our own: the form that other products send is not published.",
            "The numeric sub-codes of errors and the size limits of the tiers (256 KB in Standard) are from general"
            " knowledge; a batch that is too large is halved.",
            "A queue with sessions refuses messages without a session ID: map one there.",
        ),
    ),
    settings=ServiceBusSettings,
    actions=(
        ActionType(
            key="send_message",
            label="Send message",
            description="One message per change, at once.",
            fields=SendMessageFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.send_messages,
        ),
        ActionType(
            key="send_messages",
            label="Send messages in batches",
            description="Up to 100 messages per request.",
            fields=SendMessageFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.send_messages,
            batch=BatchRule(max_rows=100, max_age_seconds=10.0, max_bytes=100_000),
        ),
    ),
    partner_type=PartnerType(number=22),
    check=azure_messaging.check,
    classify=azure_messaging.azure_response,
    token=entra_flow("https://servicebus.azure.net/.default"),
    error_documentation="https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-exceptions",
    codes=azure_messaging.CODES,
)
