"""Google Ads Customer Match: people join and leave a customer list of a Google Ads account."""

from connectors.catalog.google_ads_customer_match import render
from connectors.catalog.google_ads_customer_match.settings import GoogleAdsSettings, SyncAudienceFields
from connectors.kit import google_data_manager
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, ConnectorType, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.google_access import TOKEN_FLOW
from connectors.kit.google_customer_match import member
from connectors.kit.identifiers import AAID, ADDRESS, EMAIL, EMAIL_SHA256, EXTERNAL_ID, IDFA, PHONE
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="google_ads_customer_match",
    label="Google Ads Customer Match",
    api_version=google_data_manager.API_VERSION,
    summary=FACTS.summary,
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
            refuse=refuse_without(member),
            continue_=render.ask_result,
            classify=google_data_manager.members_response,
        ),
    ),
    partner_type=PartnerType(7, (EMAIL, EMAIL_SHA256, PHONE, ADDRESS, IDFA, AAID, EXTERNAL_ID)),
    check=render.check,
    classify=google_data_manager.audiences_response,
    limits=google_data_manager.LIMITS,
    token=TOKEN_FLOW,
    error_documentation=FACTS.error_documentation,
    codes=google_data_manager.DATA_MANAGER_CODES,
)
