"""Google Campaign Manager 360: joins, entries and events become offline Floodlight conversions."""

from connectors.catalog.cm360 import classify, render
from connectors.catalog.cm360.settings import API_VERSION, CampaignManagerSettings, SendConversionFields
from connectors.kit.declaration import (
    ENTERED,
    JOINED,
    OCCURRED,
    ActionType,
    BatchRule,
    ConnectorType,
    Limits,
    PartnerType,
    Summary,
)
from connectors.kit.google_access import TOKEN_FLOW, check_response

CONNECTOR = ConnectorType(
    key="cm360",
    label="Google Campaign Manager 360",
    api_version=API_VERSION,
    summary=Summary(
        description="Inserts an offline Floodlight conversion for each join, entry or event. A remarketing list whose"
        " rule watches the activity gets the people. Google has no call that takes a person off such a list, so leaves"
        " and exits end as skipped: not_supported.",
        requirements=(
            "A Floodlight activity, and one of: click id, match id, impression id, mobile id, encrypted user id.",
            "A user profile with API access that may insert offline conversions.",
        ),
        resources=(
            (
                "Offline conversions",
                "https://developers.google.com/doubleclick-advertisers/guides/conversions_overview",
            ),
            ("Conversion errors", classify.DOCUMENTATION),
        ),
        prerequisites=("The Floodlight activity accepts offline conversions.",),
        unverified=(
            "Hashed contact data on new conversions: sources differ, so it is a setting that is off.",
            "Quotas are from others who quote Google: 1 request a second, 50,000 a day, 1,000 conversions each.",
            "Which reasons a 403 for used-up quotas carries is from general knowledge.",
            "The address of the token endpoint is from general knowledge; it is a setting.",
        ),
    ),
    settings=CampaignManagerSettings,
    actions=(
        ActionType(
            key="send_conversion",
            label="Send conversion",
            description="One offline conversion for each join, entry or event; there is nothing to send for a leave.",
            fields=SendConversionFields,
            on=(JOINED, ENTERED, OCCURRED),
            render=render.send_conversion,
            batch=BatchRule(max_rows=1_000, max_age_seconds=60.0),
            refuse=render.refuse,
            classify=classify.conversions_response,
        ),
    ),
    partner_type=PartnerType(number=4, identifiers=tuple(render.FIELD_OF)),
    check=render.check,
    classify=check_response,
    limits=Limits(requests_per_second=1.0),
    token=TOKEN_FLOW,
    error_documentation=classify.DOCUMENTATION,
    codes=classify.CODES,
)
