"""Braze: people carry an attribute, or are in a cohort, while they are in an audience."""

from connectors.catalog.braze import classify, render
from connectors.catalog.braze.settings import BrazeSettings, SyncAttributeFields, SyncCohortFields
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, Limits, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import BRAZE_ID, DEVICE_ID, EXTERNAL_ID
from connectors.kit.recognising import refuse_without

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="braze",
    label="Braze",
    api_version="2026-02",
    summary=FACTS.summary,
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
            refuse=refuse_without(render.known_person),
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
            refuse=refuse_without(render.known_person),
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
            refuse=refuse_without(render.known_member),
            continue_=render.change_cohort,
            classify=classify.cohort_response,
        ),
    ),
    partner_type=PartnerType(23, (EXTERNAL_ID, BRAZE_ID, DEVICE_ID), takes_one=True),
    check=render.check,
    classify=classify.track_response,
    limits=Limits(requests_per_second=50.0),
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
