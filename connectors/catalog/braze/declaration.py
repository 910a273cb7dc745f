"""Braze: people carry an attribute, or are in a cohort, while they are in an audience."""

from connectors.catalog.braze import classify, render
from connectors.catalog.braze.settings import BrazeSettings, SyncAttributeFields, SyncCohortFields
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

CONNECTOR = ConnectorType(
    key="braze",
    label="Braze",
    api_version="2026-02",
    summary=Summary(
        description="Sets a custom attribute to true while a person is in the audience and to false afterwards, or"
        " keeps a Braze cohort in step. Nothing is hashed: Braze knows people by their external ID.",
        requirements=(
            "A REST API key with users.track.",
            "For cohorts: a partner name and key, which Braze gives to its data partners.",
        ),
        resources=(
            ("Users track", "https://www.braze.com/docs/api/endpoints/user_data/post_user_track"),
            ("Errors", "https://www.braze.com/docs/api/errors"),
        ),
        unverified=(
            "The bulk endpoint is in limited beta: ask Braze whether your workspace has it.",
            "The rate limits differ by contract; 50 requests a second is the base limit of the bulk endpoint.",
            "A cohort is created again with each batch; Braze is taken to leave an existing one as it is.",
            "The connection test updates a person that does not exist; cohort keys cannot be tested without people.",
        ),
    ),
    settings=BrazeSettings,
    actions=(
        ActionType(
            key="sync_attribute",
            label="Sync attribute",
            description="Up to 75 people per request, through the endpoint that every workspace has.",
            fields=SyncAttributeFields,
            on=MEMBERSHIP_CHANGES,
            render=render.sync_attribute,
            batch=BatchRule(max_rows=75, max_age_seconds=10.0, max_bytes=1_000_000),
            refuse=render.refuse_attribute,
            classify=classify.track_response,
        ),
        ActionType(
            key="sync_attribute_in_bulk",
            label="Sync attribute in bulk",
            description="Up to 1,000 people per request, where Braze has opened the bulk endpoint for you.",
            fields=SyncAttributeFields,
            on=MEMBERSHIP_CHANGES,
            render=render.sync_attribute_in_bulk,
            batch=BatchRule(max_rows=1_000, max_age_seconds=60.0, max_bytes=1_000_000),
            refuse=render.refuse_attribute,
            classify=classify.track_response,
        ),
        ActionType(
            key="sync_cohort",
            label="Sync cohort",
            description="Adds people to a cohort and removes them, for data partners of Braze.",
            fields=SyncCohortFields,
            on=MEMBERSHIP_CHANGES,
            render=render.create_cohort,
            batch=BatchRule(max_rows=1_000, max_age_seconds=60.0, max_bytes=1_000_000),
            refuse=render.refuse_cohort,
            continue_=render.change_cohort,
            classify=classify.cohort_response,
        ),
    ),
    partner_type=PartnerType(
        number=23, identifiers=(identifiers.EXTERNAL_ID, identifiers.BRAZE_ID, identifiers.DEVICE_ID)
    ),
    check=render.check,
    classify=classify.track_response,
    limits=Limits(requests_per_second=50.0),
    error_documentation="https://www.braze.com/docs/api/errors",
    codes=classify.CODES,
)
