"""Azure Event Hubs: every membership change or event becomes a message on a hub."""

from connectors.catalog.azure_event_hubs import render
from connectors.catalog.azure_event_hubs.settings import EventHubsSettings, SendMessageFields, SendMessagesFields
from connectors.kit import azure_messaging
from connectors.kit.azure_access import API_VERSION, entra_flow
from connectors.kit.declaration import MEMBERSHIP_CHANGES, OCCURRED, ActionType, BatchRule, ConnectorType, PartnerType
from connectors.kit.facts import read_facts

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="azure_event_hubs",
    label="Azure Event Hubs",
    api_version=API_VERSION,
    summary=FACTS.summary,
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
    partner_type=PartnerType(21),
    check=azure_messaging.check,
    classify=azure_messaging.azure_response,
    token=entra_flow("https://eventhubs.azure.net/.default"),
    error_documentation=FACTS.error_documentation,
    codes=azure_messaging.CODES,
)
