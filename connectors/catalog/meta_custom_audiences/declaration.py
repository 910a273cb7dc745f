"""Meta Custom Audiences: people join and leave a customer list on Facebook and Instagram."""

from connectors.catalog.meta_custom_audiences import classify, render
from connectors.catalog.meta_custom_audiences.settings import API_VERSION, MetaSettings, SyncAudienceFields
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import AAID, EMAIL, EMAIL_SHA256, EXTERNAL_ID, IDFA, PHONE
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="meta_custom_audiences",
    label="Meta Custom Audiences",
    api_version=API_VERSION,
    summary=FACTS.summary,
    settings=MetaSettings,
    actions=(
        ActionType(
            key="sync_audience",
            label="Sync audience",
            description="Adds profiles that join or enter, and removes those that leave or exit.",
            fields=SyncAudienceFields,
            on=MEMBERSHIP_CHANGES,
            render=render.sync_audience,
            batch=BatchRule(max_rows=10_000, max_age_seconds=60.0),
            refuse=refuse_without(render.recognised_by),
        ),
    ),
    partner_type=PartnerType(2, (EMAIL, EMAIL_SHA256, PHONE, IDFA, AAID, EXTERNAL_ID)),
    check=render.check,
    classify=classify.meta_response,
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
