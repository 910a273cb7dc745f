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
    Summary,
)

ERRORS = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"

CONNECTOR = ConnectorType(
    key="object_storage",
    label="Object storage",
    api_version="2006-03-01",
    summary=Summary(
        description="Writes changes as files into a bucket: one file for each batch of rows, each row with its change."
        " A file is named after its rows, so that a second attempt overwrites the first.",
        requirements=(
            "A bucket at an S3-compatible store.",
            "An access key that may put objects under the prefix, and the file of the connection test beside it.",
        ),
        resources=(("Error codes", ERRORS),),
        prerequisites=("Whoever reads the files takes them by name or by time, and looks at the column `change`.",),
        unverified=(
            "Stores other than AWS name some errors differently; what is not known here is read by its status.",
        ),
    ),
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
    partner_type=PartnerType(number=32),
    check=render.check,
    classify=classify.store_response,
    limits=Limits(timeout_seconds=10.0),
    error_documentation=ERRORS,
    codes=classify.CODES,
)
