"""LinkedIn Matched Audiences: people join and leave a DMP segment of an ad account."""

from connectors.catalog.linkedin import classify, render
from connectors.catalog.linkedin.settings import LINKEDIN_VERSION, LinkedInSettings, SyncAudienceFields
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
from connectors.kit.oauth import refresh_token_flow

CONNECTOR = ConnectorType(
    key="linkedin",
    label="LinkedIn Matched Audiences",
    api_version=LINKEDIN_VERSION,
    summary=Summary(
        description="Keeps an uploaded audience at LinkedIn in step with an audience or a journey step. E-mail"
        " addresses are normalised and hashed before they leave; LinkedIn answers for each person.",
        requirements=(
            "A DMP segment of the type USER.",
            "An app that LinkedIn has admitted to its Audiences program, with rw_dmp_segments.",
        ),
        resources=(
            (
                "Segment users",
                "https://learn.microsoft.com/linkedin/marketing/matched-audiences/create-and-manage-segment-users",
            ),
            ("Errors", classify.DOCUMENTATION),
        ),
        prerequisites=("The member behind the refresh token has a role other than VIEWER on the ad account.",),
        unverified=(
            "LinkedIn's daily quotas are shown in its developer portal only.",
            "The table of serviceErrorCode is not public: such a code is kept as given, behind the status.",
            "A status of 426 for a retired version is from general knowledge.",
            "The audience can be used for ads from about 300 members on, from general knowledge.",
        ),
    ),
    settings=LinkedInSettings,
    actions=(
        ActionType(
            key="sync_audience",
            label="Sync audience",
            description="Adds profiles that join or enter, and removes those that leave or exit.",
            fields=SyncAudienceFields,
            on=MEMBERSHIP_CHANGES,
            render=render.sync_audience,
            # LinkedIn takes 5,000, but its results for so many would not fit the 128 KiB that are read of an answer.
            batch=BatchRule(max_rows=1_000, max_age_seconds=60.0),
            refuse=render.refuse,
        ),
    ),
    partner_type=PartnerType(number=9, identifiers=(identifiers.EMAIL, identifiers.EMAIL_SHA256, identifiers.AAID)),
    check=render.check,
    classify=classify.linkedin_response,
    limits=Limits(requests_per_second=10.0),
    token=refresh_token_flow(),
    error_documentation=classify.DOCUMENTATION,
    codes=classify.CODES,
)
