"""Salesforce Marketing Cloud: people have a row in a data extension that says whether they are in an audience."""

from connectors.catalog.salesforce_marketing_cloud import classify, render
from connectors.catalog.salesforce_marketing_cloud.settings import MarketingCloudSettings, SyncDataExtensionFields
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
from connectors.kit.oauth import client_credentials_flow

CONNECTOR = ConnectorType(
    key="salesforce_marketing_cloud",
    label="Salesforce Marketing Cloud",
    api_version="v1",
    summary=Summary(
        description="Upserts a row per person into a data extension, with a column that is true while the person is in"
        " the audience. Rows go asynchronously, and each ends as Marketing Cloud has finally stored or refused it.",
        requirements=(
            "An installed package with a server-to-server API integration and the scopes data_extensions_read and"
            " data_extensions_write.",
            "A data extension with a primary key and a boolean column for the membership.",
        ),
        resources=(
            (
                "Asynchronous data extension API",
                "https://developer.salesforce.com/docs/marketing/marketing-cloud/references/mc_rest_data_extensions",
            ),
            ("Errors", "https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/error-handling.html"),
        ),
        unverified=(
            "No REST call that deletes rows was found: leaving writes false into the membership column.",
            "The life of a token comes with it; about 20 minutes is from general knowledge.",
            "Results are asked for in pages ($page, $pageSize), as other resources of the API document it; what cannot"
            " be told from a page is sent again.",
        ),
    ),
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
            refuse=render.refuse,
            continue_=render.ask,
        ),
    ),
    partner_type=PartnerType(
        number=24, identifiers=(identifiers.CONTACT_KEY, identifiers.EXTERNAL_ID, identifiers.EMAIL)
    ),
    check=render.check,
    classify=classify.marketing_cloud_response,
    limits=Limits(timeout_seconds=10.0),
    token=client_credentials_flow(render.account, json=True),
    error_documentation="https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/error-handling.html",
    codes=classify.CODES,
)
