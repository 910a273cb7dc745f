"""Xandr: people join and leave segments, by file with a job that reports back, or at once."""

from connectors.catalog.xandr import classify, render
from connectors.catalog.xandr.settings import SyncSegmentFields, XandrSettings
from connectors.kit import identifiers
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    ActionType,
    BatchRule,
    ConnectorType,
    Limits,
    PartnerType,
    Summary,
    TokenFlow,
)

CONNECTOR = ConnectorType(
    key="xandr",
    label="Xandr",
    api_version="2024-03",
    summary=Summary(
        description="Keeps a segment of Xandr (Microsoft Monetize and Curate) in step with an audience or a journey"
        " step. People are known by Xandr's user ID or an advertising ID of their phone; nothing is hashed.",
        requirements=(
            "An API user of your member.",
            "For files: Xandr's support has configured the Batch Segment Service and told you the file format.",
        ),
        resources=(
            (
                "Batch Segment Service",
                "https://learn.microsoft.com/xandr/digital-platform-api/batch-segment-service",
            ),
            (
                "Instant Audience Service",
                "https://learn.microsoft.com/xandr/digital-platform-api/instant-audience-service",
            ),
        ),
        prerequisites=("Your member is still served: Microsoft closed Invest, its buying platform, in February 2026.",),
        unverified=(
            "Nothing newer than Xandr's documentation of March 2024 was found.",
            "The Instant Audience Service may still be in beta; Xandr opens it per member.",
            "Separators and segment fields are agreed per member; the defaults are those of an example.",
            "The quotas of bytes and lines differ per contract; when one is used up, uploads wait an hour.",
            "Xandr names at most 200 bad lines of a file; other people of such a file end as sent.",
        ),
    ),
    settings=XandrSettings,
    actions=(
        ActionType(
            key="sync_segment",
            label="Sync segment",
            description="By file, every ten minutes; each person ends as Xandr reports when it has processed the file.",
            fields=SyncSegmentFields,
            on=MEMBERSHIP_CHANGES,
            render=render.request_job,
            batch=BatchRule(max_rows=20_000, max_age_seconds=600.0, max_bytes=20_000_000),
            refuse=render.refuse,
            continue_=render.continue_job,
            classify=classify.file_response,
        ),
        ActionType(
            key="sync_segment_at_once",
            label="Sync segment at once",
            description="Through the Instant Audience Service: up to 1,000 people per call, live within two minutes.",
            fields=SyncSegmentFields,
            on=MEMBERSHIP_CHANGES,
            render=render.send_at_once,
            batch=BatchRule(max_rows=1_000, max_age_seconds=10.0, max_bytes=1_000_000),
            refuse=render.refuse,
            classify=classify.instant_response,
        ),
    ),
    partner_type=PartnerType(number=25, identifiers=(identifiers.XANDR_ID, identifiers.IDFA, identifiers.AAID)),
    check=render.check,
    classify=classify.instant_response,
    limits=Limits(timeout_seconds=30.0, requests_per_second=1.0),
    token=TokenFlow(render=render.sign_in, read=classify.read_token),
    error_documentation="https://learn.microsoft.com/xandr/digital-platform-api/api-semantics",
    codes=classify.CODES,
)
