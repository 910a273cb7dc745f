"""TikTok custom audiences: people join and leave a list of an advertiser."""

from connectors.catalog.tiktok import classify, render
from connectors.catalog.tiktok.settings import API_VERSION, SyncAudienceFields, TikTokSettings
from connectors.kit import identifiers
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    ActionType,
    BatchRule,
    ConnectorType,
    Limits,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="tiktok",
    label="TikTok Custom Audiences",
    api_version=API_VERSION,
    summary=Summary(
        description="Keeps a custom audience at TikTok in step with an audience or a journey step. E-mail, phone and"
        " advertising ids are normalised and hashed before they leave; what is hashed already is not hashed again.",
        requirements=("A partner audience of the advertiser.", "A developer app with the advertiser's consent."),
        resources=(("Return codes", classify.DOCUMENTATION),),
        prerequisites=("The developer app may use the Segment API; TikTok allows it on request.",),
        unverified=(
            "The limit of 10,000 rows and the rate of 10 requests a second are from general knowledge.",
            "Whether an answer of 20001 names the rows that failed: they end as sent.",
            "TikTok's pages differ about the plus of phone numbers; it is a setting.",
            "What 40113, 40115, 40116, 40119, 40125, 50002 and 51305 mean in detail.",
        ),
    ),
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
            refuse=render.refuse,
        ),
    ),
    partner_type=PartnerType(
        number=8,
        identifiers=(
            identifiers.EMAIL,
            identifiers.EMAIL_SHA256,
            identifiers.PHONE,
            identifiers.IDFA,
            identifiers.AAID,
        ),
    ),
    check=render.check,
    classify=classify.tiktok_response,
    limits=Limits(requests_per_second=10.0),
    error_documentation=classify.DOCUMENTATION,
    codes=classify.CODES,
)
