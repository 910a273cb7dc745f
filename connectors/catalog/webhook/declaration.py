"""Webhook: every event as a signed request to an HTTP endpoint of your choice."""

from connectors.catalog.webhook import render
from connectors.catalog.webhook.settings import SendEventFields, WebhookSettings
from connectors.kit.declaration import MEMBERSHIP_CHANGES, OCCURRED, ActionType, ConnectorType, PartnerType
from connectors.kit.facts import read_facts

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="webhook",
    label="Webhook",
    api_version="1.0",
    summary=FACTS.summary,
    settings=WebhookSettings,
    actions=(
        ActionType(
            key="send_event",
            label="Send event",
            description="One request for each join, leave, entry, exit or event.",
            fields=SendEventFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.send_event,
        ),
    ),
    partner_type=PartnerType(1),
    check=render.check,
)
