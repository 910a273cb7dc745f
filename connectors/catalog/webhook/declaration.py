"""Webhook: every event as a signed request to an HTTP endpoint of your choice."""

from connectors.catalog.webhook import render
from connectors.catalog.webhook.settings import SendEventFields, WebhookSettings
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    OCCURRED,
    ActionType,
    ConnectorType,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="webhook",
    label="Webhook",
    api_version="1.0",
    summary=Summary(
        description="Sends each event as an HTTP request, in the form that your endpoint wants, signed as Standard"
        " Webhooks 1.0 describes. The delivery id is the same on every attempt: `webhook-id` and `Idempotency-Key`.",
        requirements=("An HTTP endpoint that answers with a 2xx status within three seconds.",),
        resources=(("Standard Webhooks", "https://www.standardwebhooks.com/"),),
        prerequisites=("You can change the endpoint, or you know what it expects.",),
    ),
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
    partner_type=PartnerType(number=1),
    check=render.check,
)
