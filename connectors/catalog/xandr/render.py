"""What is sent to Xandr: a file of segment lines in three steps, or memberships at once as JSON.

Files: https://learn.microsoft.com/xandr/digital-platform-api/batch-segment-service.
At once: https://learn.microsoft.com/xandr/digital-platform-api/instant-audience-service.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.catalog.xandr.settings import SyncSegmentFields, XandrSettings
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import normalize_device_id
from connectors.kit.mapped_values import mapped_text
from connectors.kit.recognising import known
from connectors.kit.segment_file import segment_line, ticket_at_work
from connectors.kit.xandr_access import address_of_upload, xandr_request

REMOVED = -1
DOMAIN_CODES = {"idfa": "3", "aaid": "8"}


def request_job(settings: XandrSettings, _: SyncSegmentFields, batch: Batch) -> PartnerRequest:
    """The first step: a job, and an address for its file."""
    return xandr_request("POST", f"{settings.api_url}/batch-segment?member_id={settings.member_id}", batch.access_token)


def continue_job(settings: XandrSettings, fields: SyncSegmentFields, batch: Batch) -> PartnerRequest:
    """The next steps: the file, or another job where it is too late for it, then the question how far the job is."""
    ticket = ticket_at_work(batch)
    if ticket is None:
        return request_job(settings, fields, batch)
    if ticket.upload_url is not None:
        file = "\n".join(_line(settings, fields, row) for row in batch.rows)
        url = address_of_upload(ticket.upload_url, settings.upload_url)
        headers = (("Content-Type", "application/octet-stream"),)
        return PartnerRequest("POST", url, headers, file.encode("latin-1"))
    query = f"member_id={settings.member_id}&job_id={quote(ticket.job, safe='')}"
    return xandr_request("GET", f"{settings.api_url}/batch-segment?{query}", batch.access_token)


def send_at_once(settings: XandrSettings, fields: SyncSegmentFields, batch: Batch) -> PartnerRequest:
    """Memberships of up to 1,000 people, live within about two minutes."""
    body = {"rt_segment": [_person(fields, row) for row in batch.rows]}
    return xandr_request("POST", f"{settings.instant_url}/rt-segment", batch.access_token, body)


def user_of(_: Any, mapped: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The id that a person is sent by, and the kind of device it is of; `None` without a usable one."""
    xandr_id = mapped_text(mapped, "xandr_id")
    if re.fullmatch(r"[0-9]{1,20}", xandr_id) and xandr_id.strip("0"):
        return xandr_id, None
    for kind in DOMAIN_CODES:
        device_id = normalize_device_id(mapped_text(mapped, kind))
        if re.fullmatch(r"[0-9a-f-]{16,64}", device_id):
            return device_id, kind
    return None


def _line(settings: XandrSettings, fields: SyncSegmentFields, row: Row) -> str:
    user, kind = known(user_of(fields, row.mapped))
    values = {
        "SEG_ID": fields.segment_id,
        "SEG_CODE": fields.segment_code,
        "MEMBER_ID": settings.member_id,
        "EXPIRATION": str(REMOVED if row.change.removes else fields.expiration_minutes),
        "VALUE": str(fields.value),
        "TIMESTAMP": str(int(row.occurred_at.timestamp())),
    }
    return segment_line(settings.separators, settings.segment_fields, user, values, DOMAIN_CODES.get(kind or ""))


def _person(fields: SyncSegmentFields, row: Row) -> dict[str, Any]:
    user, kind = known(user_of(fields, row.mapped))
    expiration = REMOVED if row.change.removes else fields.expiration_minutes
    segment = {"seg_id": int(fields.segment_id), "value": fields.value, "expiration": expiration}
    return {"user_id": user, "domain": kind, "seg_block": [segment]}
