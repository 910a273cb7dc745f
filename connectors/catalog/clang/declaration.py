"""Clang (Deployteq): customers join and leave a group, one by one or in batches."""

from connectors.catalog.clang import classify, render
from connectors.catalog.clang.settings import SOAP_VERSION, ClangSettings, SyncCustomersFields, SyncGroupFields
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import CUSTOMER_ID, EMAIL, EXTERNAL_ID
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="clang",
    label="Clang (Deployteq)",
    api_version=SOAP_VERSION,
    summary=FACTS.summary,
    settings=ClangSettings,
    actions=(
        ActionType(
            key="sync_group",
            label="Sync group",
            description="Adds customers to a group and removes them, person by person.",
            fields=SyncGroupFields,
            on=MEMBERSHIP_CHANGES,
            render=render.change_group,
            refuse=refuse_without(render.known_person),
            continue_=render.change_group,
            # A creation that was not answered may have been carried out: the person is searched for again.
            goes_on=lambda ticket: ticket != render.CREATE,
            classify=classify.group_response,
        ),
        ActionType(
            key="sync_customers",
            label="Sync customers in batches",
            description="Up to 500 customers every 20 minutes, each with a status.",
            fields=SyncCustomersFields,
            on=MEMBERSHIP_CHANGES,
            render=render.send_customers,
            batch=BatchRule(max_rows=500, max_age_seconds=1200.0),
            refuse=refuse_without(render.known_customer),
            classify=classify.customers_response,
        ),
    ),
    partner_type=PartnerType(1020, (CUSTOMER_ID, EXTERNAL_ID, EMAIL), takes_one=True),
    check=render.check,
    classify=classify.group_response,
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
