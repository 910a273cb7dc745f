"""What is sent to Xandr: a file of segment lines in three steps, or memberships at once as JSON.

Files: https://learn.microsoft.com/xandr/digital-platform-api/batch-segment-service.
At once: https://learn.microsoft.com/xandr/digital-platform-api/instant-audience-service.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from connectors.catalog.xandr.settings import SyncSegmentFields, XandrSettings
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import normalize_device_id
from connectors.kit.mapped_text import mapped_text
from connectors.kit.web_address import split_url
from connectors.records.delivery import Reason

REMOVED = -1
DOMAIN_CODES = {"idfa": "3", "aaid": "8"}
UPLOAD_HOSTS = (".adnxs.net", ".adnxs.com", ".appnexus.com")
_XANDR_ID = re.compile(r"[0-9]{1,20}")
_DEVICE_ID = re.compile(r"[0-9a-f-]{16,64}")


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """The job of a file, and until the file is there the address to put it at, which is good for one file only."""

    job: str
    upload_url: str | None = None


def ticket_of(text: str | None) -> Ticket | None:
    """The ticket in its text form."""
    return msgspec.json.decode(text, type=Ticket) if text else None


def sign_in(settings: XandrSettings, _: datetime, __: str | None) -> PartnerRequest:
    """Asks for a token; Xandr allows ten sign-ins in five minutes."""
    password = settings.password.get_secret_value()
    body = msgspec.json.encode({"auth": {"username": settings.username, "password": password}})
    return PartnerRequest(
        "POST", f"{settings.api_url}/auth", (("Content-Type", "application/json"),), body, (password,)
    )


def request_job(settings: XandrSettings, _: SyncSegmentFields, batch: Batch) -> PartnerRequest:
    """The first step: a job, and an address for its file."""
    return _request("POST", f"{settings.api_url}/batch-segment?member_id={settings.member_id}", batch.access_token)


def continue_job(settings: XandrSettings, fields: SyncSegmentFields, batch: Batch) -> PartnerRequest:
    """The next steps: the file, then the question how far the job is."""
    ticket = ticket_of(batch.ticket)
    if ticket is None:
        raise CannotRender("There is no job to continue.")
    if ticket.upload_url is not None:
        file = "\n".join(_line(settings, fields, row) for row in batch.rows)
        headers = (("Content-Type", "application/octet-stream"),)
        return PartnerRequest("POST", _upload_url(settings, ticket.upload_url), headers, file.encode("latin-1"))
    query = f"member_id={settings.member_id}&job_id={quote(ticket.job, safe='')}"
    return _request("GET", f"{settings.api_url}/batch-segment?{query}", batch.access_token)


def send_at_once(settings: XandrSettings, fields: SyncSegmentFields, batch: Batch) -> PartnerRequest:
    """Memberships of up to 1,000 people, live within about two minutes."""
    people = [_person(fields, row) for row in batch.rows]
    body = msgspec.json.encode({"rt_segment": people})
    return _request("POST", f"{settings.instant_url}/rt-segment", batch.access_token, body)


def check(settings: XandrSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for one segment of the member."""
    url = f"{settings.api_url}/segment?member_id={settings.member_id}&num_elements=1"
    return _request("GET", url, access_token)


def refuse(_: XandrSettings, __: SyncSegmentFields, row: Row) -> Reason | None:
    """A person is known by a Xandr user id or an advertising id."""
    return None if user_of(row.mapped) else Reason.NO_IDENTIFIER


def user_of(mapped: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The id that a person is sent by, and the kind of device it is of; `None` without a usable one."""
    xandr_id = mapped_text(mapped, "xandr_id")
    if _XANDR_ID.fullmatch(xandr_id) and xandr_id.strip("0"):
        return xandr_id, None
    for kind in DOMAIN_CODES:
        device_id = normalize_device_id(mapped_text(mapped, kind))
        if _DEVICE_ID.fullmatch(device_id):
            return device_id, kind
    return None


def _line(settings: XandrSettings, fields: SyncSegmentFields, row: Row) -> str:
    user, kind = _known_user(row)
    after_user, _, between_fields, _, before_domain = tuple(settings.separators)
    values = {
        "SEG_ID": fields.segment_id,
        "SEG_CODE": fields.segment_code,
        "MEMBER_ID": settings.member_id,
        "EXPIRATION": str(_expiration(fields, row)),
        "VALUE": str(fields.value),
        "TIMESTAMP": str(int(row.occurred_at.timestamp())),
    }
    parts = [values[name] for name in settings.segment_fields.split(",")]
    if None in parts:
        raise InvalidSettings("The file format has SEG_CODE, and the action has no segment code.")
    line = f"{user}{after_user}{between_fields.join(filter(None, parts))}"
    return f"{line}{before_domain}{DOMAIN_CODES[kind]}" if kind else line


def _person(fields: SyncSegmentFields, row: Row) -> dict[str, Any]:
    user, kind = _known_user(row)
    segment = {"seg_id": int(fields.segment_id), "value": fields.value, "expiration": _expiration(fields, row)}
    return {"user_id": user, "domain": kind, "seg_block": [segment]}


def _expiration(fields: SyncSegmentFields, row: Row) -> int:
    return REMOVED if row.change.removes else fields.expiration_minutes


def _known_user(row: Row) -> tuple[str, str | None]:
    user = user_of(row.mapped)
    if user is None:
        raise CannotRender("The person has no Xandr user ID and no advertising ID.")
    return user


def _upload_url(settings: XandrSettings, named: str) -> str:
    address = split_url(named)
    if settings.upload_url is not None:
        return settings.upload_url + address.path
    if address.scheme != "https" or not address.host.endswith(UPLOAD_HOSTS):
        raise InvalidSettings(
            f"Xandr names {address.host} for the upload, which is not its own; give an upload address."
        )
    return named


def _request(method: str, url: str, token: str | None, body: bytes = b"") -> PartnerRequest:
    if token is None:
        raise InvalidSettings("Xandr has given no token.")
    # Xandr's tokens go without the word Bearer.
    headers = (("Authorization", token), *((("Content-Type", "application/json"),) if body else ()))
    return PartnerRequest(method, url, headers, body, (token,))
