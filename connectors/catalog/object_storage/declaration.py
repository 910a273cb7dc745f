"""Object storage: changes as CSV or NDJSON files in an S3-compatible bucket."""

from connectors.catalog.object_storage import classify, render
from connectors.catalog.object_storage.settings import ObjectStorageSettings, WriteFileFields
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    OCCURRED,
    ActionType,
    BatchRule,
    ConnectorType,
    Limits,
    PartnerType,
)
from connectors.kit.facts import read_facts

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="object_storage",
    label="Object storage",
    api_version="2006-03-01",
    summary=FACTS.summary,
    settings=ObjectStorageSettings,
    actions=(
        ActionType(
            key="write_file",
            label="Write file",
            description="Joins, entries and events go into files of their own, leaves and exits into others. In CSV a"
            " cell that a spreadsheet would take for a formula gets an apostrophe before it.",
            fields=WriteFileFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.write_file,
            batch=BatchRule(max_rows=20_000, max_age_seconds=300.0),
        ),
    ),
    partner_type=PartnerType(32),
    check=render.check,
    classify=classify.store_response,
    limits=Limits(timeout_seconds=10.0),
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
