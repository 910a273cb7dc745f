"""Google Ads Customer Match: people join and leave a customer list of a Google Ads account."""

from connectors.catalog.google_ads_customer_match import render
from connectors.catalog.google_ads_customer_match.settings import GoogleAdsSettings, SyncAudienceFields
from connectors.kit import google_data_manager, identifiers
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, ConnectorType, PartnerType, Summary
from connectors.kit.google_access import TOKEN_FLOW

CONNECTOR = ConnectorType(
    key="google_ads_customer_match",
    label="Google Ads Customer Match",
    api_version=google_data_manager.API_VERSION,
    summary=Summary(
        description="Keeps a customer list of Google Ads in step with an audience or a journey step, through Google's"
        " Data Manager API. Contact data is normalised and hashed with SHA-256 before it leaves. Google takes a batch"
        " as a job: a delivery ends when Google has said how the job ended, half an hour later at the earliest.",
        requirements=(
            "A customer list for uploaded data, of one kind: contact data, mobile ids or user ids.",
            f"An OAuth client whose user has the scope {google_data_manager.SCOPE}.",
        ),
        resources=(
            ("Data Manager API", "https://developers.google.com/data-manager/api"),
            ("Error reasons", google_data_manager.ERROR_DOCUMENTATION),
        ),
        prerequisites=("The account has accepted the Customer Match terms.", "The account may use Customer Match."),
        unverified=(
            *google_data_manager.UNVERIFIED,
            "The connection test names a manager account in the header login-account, which is from general knowledge.",
        ),
    ),
    settings=GoogleAdsSettings,
    actions=(
        ActionType(
            key="sync_audience",
            label="Sync audience",
            description="Adds profiles that join or enter, and removes those that leave or exit.",
            fields=SyncAudienceFields,
            on=MEMBERSHIP_CHANGES,
            render=render.sync_audience,
            batch=google_data_manager.BATCH,
            refuse=render.refuse,
            continue_=render.ask_result,
            classify=google_data_manager.members_response,
        ),
    ),
    partner_type=PartnerType(
        number=7,
        identifiers=(
            identifiers.EMAIL,
            identifiers.EMAIL_SHA256,
            identifiers.PHONE,
            identifiers.IDFA,
            identifiers.AAID,
            identifiers.EXTERNAL_ID,
        ),
    ),
    check=render.check,
    classify=google_data_manager.audiences_response,
    limits=google_data_manager.LIMITS,
    token=TOKEN_FLOW,
    error_documentation=google_data_manager.ERROR_DOCUMENTATION,
    codes=google_data_manager.DATA_MANAGER_CODES,
)
