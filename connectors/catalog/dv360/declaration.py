"""Google Display & Video 360: people join and leave a Customer Match audience of an advertiser or partner."""

from dataclasses import replace

from connectors.catalog.dv360 import classify, render
from connectors.catalog.dv360.settings import (
    API_VERSION,
    DisplayVideoSettings,
    SyncAudienceFields,
    UpdateAudienceFields,
)
from connectors.kit import google_data_manager, identifiers
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, ConnectorType, PartnerType, Summary
from connectors.kit.google_access import TOKEN_FLOW

CONNECTOR = ConnectorType(
    key="dv360",
    label="Google Display & Video 360",
    api_version=API_VERSION,
    summary=Summary(
        description="Keeps a Customer Match audience in step with an audience or a journey step. Contact data is"
        " normalised and hashed with SHA-256 before it leaves. Sub-brands and regions with accounts of their own get a"
        " connector each.",
        requirements=(
            "A first-party audience of the kind Customer Match.",
            "An OAuth client whose user may use the advertiser, with the scopes datamanager and display-video.",
        ),
        resources=(
            ("Data Manager API", "https://developers.google.com/data-manager/api"),
            (
                "Editing members",
                "https://developers.google.com/display-video/api/reference/rest/v4/firstPartyAndPartnerAudiences"
                "/editCustomerMatchMembers",
            ),
            ("Error reasons", google_data_manager.ERROR_DOCUMENTATION),
        ),
        prerequisites=("The advertiser has accepted the Customer Match terms.",),
        unverified=(
            *google_data_manager.UNVERIFIED,
            "Quotas of the Display & Video 360 API are from general knowledge: 150 writes a minute per advertiser.",
            "Cookie ids through the bulk uploader need a data partner's contract with Google and are not offered.",
        ),
    ),
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
            refuse=render.refuse,
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
    partner_type=PartnerType(
        number=3,
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
    limits=replace(google_data_manager.LIMITS, requests_per_second=2.5),
    token=TOKEN_FLOW,
    error_documentation=google_data_manager.ERROR_DOCUMENTATION,
    codes=google_data_manager.DATA_MANAGER_CODES,
    several=True,
)
