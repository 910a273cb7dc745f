"""Clang (Deployteq): customers join and leave a group, one by one or in batches."""

from connectors.catalog.clang import classify, render
from connectors.catalog.clang.settings import ClangSettings, SyncCustomersFields, SyncGroupFields
from connectors.kit import identifiers
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    ActionType,
    BatchRule,
    ConnectorType,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="clang",
    label="Clang (Deployteq)",
    api_version="1.22",
    summary=Summary(
        description="Keeps a group of Clang in step with an audience: a person who joins is found, created where nobody"
        " is, and added; a person who leaves is removed from the group and never deleted. Or sends customers in batches"
        " that say who is new and who is removed.",
        requirements=("An API token.", "For batches: the path and form of the batch call that Clang has given you."),
        resources=(("Deployteq's user guide", "https://docs.deployteq.net/dug/"),),
        unverified=(
            "The batch call is not public: path, names and statuses are fields of the action, and the default path is"
            " the public call for one customer.",
            "There is no public table of SOAP codes; a code of 0 is taken for success, others are shown as they came.",
            "What a SOAP call looks like comes from public clients of versions 1.18 to 1.24.",
            "Rate limits are not published.",
        ),
    ),
    settings=ClangSettings,
    actions=(
        ActionType(
            key="sync_group",
            label="Sync group",
            description="Adds customers to a group and removes them, person by person.",
            fields=SyncGroupFields,
            on=MEMBERSHIP_CHANGES,
            render=render.change_group,
            refuse=render.refuse_person,
            continue_=render.change_group,
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
            refuse=render.refuse_customer,
            classify=classify.customers_response,
        ),
    ),
    partner_type=PartnerType(
        number=1020,
        identifiers=(
            identifiers.CUSTOMER_ID,
            identifiers.EXTERNAL_ID,
            identifiers.EMAIL,
            identifiers.EMAIL_SHA256,
        ),
    ),
    check=render.check,
    classify=classify.group_response,
    error_documentation="https://docs.deployteq.net/dug/",
    codes=classify.CODES,
)
