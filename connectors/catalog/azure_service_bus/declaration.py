"""Azure Service Bus: every membership change or event becomes a message in a queue or topic."""

from connectors.catalog.azure_service_bus import render
from connectors.catalog.azure_service_bus.settings import SendMessageFields, ServiceBusSettings
from connectors.kit import azure_messaging
from connectors.kit.azure_access import API_VERSION, entra_flow
from connectors.kit.declaration import MEMBERSHIP_CHANGES, OCCURRED, ActionType, BatchRule, ConnectorType, PartnerType
from connectors.kit.facts import read_facts

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="azure_service_bus",
    label="Azure Service Bus",
    api_version=API_VERSION,
    summary=FACTS.summary,
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
    partner_type=PartnerType(22),
    check=azure_messaging.check,
    classify=azure_messaging.azure_response,
    token=entra_flow("https://servicebus.azure.net/.default"),
    error_documentation=FACTS.error_documentation,
    codes=azure_messaging.CODES,
)
