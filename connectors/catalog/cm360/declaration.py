"""Google Campaign Manager 360: joins, entries and events become offline Floodlight conversions."""

from connectors.catalog.cm360 import classify, render
from connectors.catalog.cm360.settings import API_VERSION, CampaignManagerSettings, SendConversionFields
from connectors.kit.declaration import ADDITIONS, ActionType, BatchRule, ConnectorType, Limits, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.google_access import TOKEN_FLOW, check_response
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="cm360",
    label="Google Campaign Manager 360",
    api_version=API_VERSION,
    summary=FACTS.summary,
    settings=CampaignManagerSettings,
    actions=(
        ActionType(
            key="send_conversion",
            label="Send conversion",
            description="One offline conversion for each join, entry or event; there is nothing to send for a leave.",
            fields=SendConversionFields,
            on=ADDITIONS,
            render=render.send_conversion,
            batch=BatchRule(max_rows=1_000, max_age_seconds=60.0),
            refuse=refuse_without(render.conversion_id),
            classify=classify.conversions_response,
        ),
    ),
    partner_type=PartnerType(4, tuple(render.FIELD_OF), takes_one=True),
    check=render.check,
    classify=check_response,
    limits=Limits(requests_per_second=1.0),
    token=TOKEN_FLOW,
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
