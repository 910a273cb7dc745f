"""Google Display & Video 360: people join and leave a Customer Match audience of an advertiser or partner."""

from dataclasses import replace

from connectors.catalog.dv360 import classify, render
from connectors.catalog.dv360.settings import (
    API_VERSION,
    DisplayVideoSettings,
    SyncAudienceFields,
    UpdateAudienceFields,
)
from connectors.kit import google_data_manager
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, ConnectorType, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.google_access import TOKEN_FLOW
from connectors.kit.google_customer_match import member
from connectors.kit.identifiers import AAID, ADDRESS, EMAIL, EMAIL_SHA256, EXTERNAL_ID, IDFA, PHONE
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="dv360",
    label="Google Display & Video 360",
    api_version=API_VERSION,
    summary=FACTS.summary,
    settings=DisplayVideoSettings,
    actions=(
        ActionType(
            key="sync_audience",
            label="Sync audience",
            description="Recommended: adds profiles that join or enter, and removes those that leave or exit, through"
            " the Data Manager API. A delivery ends when Google has said how the job ended.",
            fields=SyncAudienceFields,
            on=MEMBERSHIP_CHANGES,
            render=render.sync_audience,
            batch=google_data_manager.BATCH,
            refuse=refuse_without(member),
            continue_=render.ask_result,
            classify=google_data_manager.members_response,
        ),
        ActionType(
            key="update_audience",
            label="Edit audience",
            description="The same through the Display & Video 360 API itself, for users without the Data Manager API."
            " Google accepts or refuses a batch as a whole.",
            fields=UpdateAudienceFields,
            on=MEMBERSHIP_CHANGES,
            render=render.update_audience,
            batch=google_data_manager.BATCH,
            refuse=render.refuse_update,
            classify=classify.edit_response,
        ),
    ),
    partner_type=PartnerType(3, (EMAIL, EMAIL_SHA256, PHONE, ADDRESS, IDFA, AAID, EXTERNAL_ID)),
    check=render.check,
    classify=google_data_manager.audiences_response,
    limits=replace(google_data_manager.LIMITS, requests_per_second=2.5),
    token=TOKEN_FLOW,
    error_documentation=FACTS.error_documentation,
    codes=google_data_manager.DATA_MANAGER_CODES,
)
