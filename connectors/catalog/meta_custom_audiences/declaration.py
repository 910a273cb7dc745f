"""Meta Custom Audiences: people join and leave a customer list on Facebook and Instagram."""

from connectors.catalog.meta_custom_audiences import classify, render
from connectors.catalog.meta_custom_audiences.settings import API_VERSION, MetaSettings, SyncAudienceFields
from connectors.kit import identifiers
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    ActionType,
    BatchRule,
    ConnectorType,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="meta_custom_audiences",
    label="Meta Custom Audiences",
    api_version=API_VERSION,
    summary=Summary(
        description="Keeps a customer list at Meta in step with an audience or a journey step. E-mail, phone, names and"
        " places are normalised and hashed with SHA-256 before they leave; what is hashed already is not hashed again.",
        requirements=(
            "A custom audience of the kind `customer list`.",
            "A token with ads_management on the ad account that owns it.",
        ),
        resources=(
            (
                "Custom audiences",
                "https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences",
            ),
            ("Error codes", "https://developers.facebook.com/docs/marketing-api/error-reference"),
        ),
        prerequisites=("The ad account has accepted the Custom Audience terms.",),
        unverified=(
            "The names inside `session` are from general knowledge; it is sent only when the setting is on.",
            "Meta counts invalid entries of a batch without naming them: the rows of such a batch end as sent.",
            "Changes may take up to 24 hours to show in Ads Manager.",
        ),
    ),
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
            refuse=render.refuse,
        ),
    ),
    partner_type=PartnerType(
        number=2,
        identifiers=(
            identifiers.EMAIL,
            identifiers.PHONE,
            identifiers.IDFA,
            identifiers.AAID,
            identifiers.EXTERNAL_ID,
        ),
    ),
    check=render.check,
    classify=classify.meta_response,
    error_documentation="https://developers.facebook.com/docs/marketing-api/error-reference",
    codes=classify.CODES,
)
