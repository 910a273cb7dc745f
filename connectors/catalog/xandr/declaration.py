"""Xandr: people join and leave segments, by file with a job that reports back, or at once."""

from connectors.catalog.xandr import classify, render
from connectors.catalog.xandr.settings import SyncSegmentFields, XandrSettings
from connectors.kit.declaration import MEMBERSHIP_CHANGES, ActionType, BatchRule, ConnectorType, Limits, PartnerType
from connectors.kit.facts import read_facts
from connectors.kit.identifiers import AAID, IDFA, XANDR_ID
from connectors.kit.recognising import refuse_without
from connectors.kit.segment_file import goes_on
from connectors.kit.xandr_access import check, token_flow

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="xandr",
    label="Xandr",
    api_version="2024-03",
    summary=FACTS.summary,
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
            refuse=refuse_without(render.user_of),
            continue_=render.continue_job,
            goes_on=goes_on,
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
            refuse=refuse_without(render.user_of),
            classify=classify.instant_response,
        ),
    ),
    partner_type=PartnerType(25, (XANDR_ID, IDFA, AAID), takes_one=True),
    check=check,
    classify=classify.instant_response,
    limits=Limits(timeout_seconds=30.0, requests_per_second=1.0),
    token=token_flow(FACTS.codes),
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
