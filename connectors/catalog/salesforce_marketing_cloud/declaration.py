"""Salesforce Marketing Cloud: people have a row in a data extension that says whether they are in an audience."""

from connectors.catalog.salesforce_marketing_cloud import classify, render
from connectors.catalog.salesforce_marketing_cloud.settings import MarketingCloudSettings, SyncDataExtensionFields
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, Limits, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import CONTACT_KEY, EMAIL, EXTERNAL_ID
from connectors.kit.oauth import client_credentials_flow
from connectors.kit.recognising import first_known, refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="salesforce_marketing_cloud",
    label="Salesforce Marketing Cloud",
    api_version=MarketingCloudSettings.version,
    summary=FACTS.summary,
    settings=MarketingCloudSettings,
    actions=(
        ActionType(
            key="sync_data_extension",
            label="Sync data extension",
            description="Writes people who join or leave into a data extension.",
            fields=SyncDataExtensionFields,
            on=MEMBERSHIP_CHANGES,
            render=render.upsert,
            batch=BatchRule(max_rows=2_000, max_age_seconds=60.0, max_bytes=2_500_000),
            refuse=refuse_without(first_known("row_id")),
            continue_=render.ask,
        ),
    ),
    partner_type=PartnerType(24, (CONTACT_KEY, EXTERNAL_ID, EMAIL), takes_one=True),
    check=render.check,
    classify=classify.marketing_cloud_response,
    limits=Limits(timeout_seconds=10.0),
    token=client_credentials_flow(render.account, json=True),
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
