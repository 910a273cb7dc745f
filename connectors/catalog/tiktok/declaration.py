"""TikTok custom audiences: people join and leave a list of an advertiser."""

from connectors.catalog.tiktok import classify, render
from connectors.catalog.tiktok.settings import API_VERSION, SyncAudienceFields, TikTokSettings
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, Limits, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import AAID, EMAIL, EMAIL_SHA256, IDFA, PHONE
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="tiktok",
    label="TikTok Custom Audiences",
    api_version=API_VERSION,
    summary=FACTS.summary,
    settings=TikTokSettings,
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
    partner_type=PartnerType(8, (EMAIL, EMAIL_SHA256, PHONE, IDFA, AAID)),
    check=render.check,
    classify=classify.tiktok_response,
    limits=Limits(requests_per_second=10.0),
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
