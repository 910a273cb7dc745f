"""LinkedIn Matched Audiences: people join and leave a DMP segment of an ad account."""

from connectors.catalog.linkedin import classify, render
from connectors.catalog.linkedin.settings import LINKEDIN_VERSION, LinkedInSettings, SyncAudienceFields
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, Limits, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import AAID, EMAIL, EMAIL_SHA256
from connectors.kit.oauth import refresh_token_flow
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="linkedin",
    label="LinkedIn Matched Audiences",
    api_version=LINKEDIN_VERSION,
    summary=FACTS.summary,
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
            refuse=refuse_without(render.user_ids),
        ),
    ),
    partner_type=PartnerType(9, (EMAIL, EMAIL_SHA256, AAID)),
    check=render.check,
    classify=classify.linkedin_response,
    limits=Limits(requests_per_second=10.0),
    token=refresh_token_flow(),
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
