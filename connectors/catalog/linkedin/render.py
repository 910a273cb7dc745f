"""What is sent to LinkedIn: one element per person, each with its action.

https://learn.microsoft.com/linkedin/marketing/matched-audiences/create-and-manage-segment-users
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from connectors.catalog.linkedin.settings import EmailHash, LinkedInSettings, SyncAudienceFields
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import is_hashed, normalize_country, normalize_device_id, normalize_email, sha256_hex
from connectors.kit.json_request import bearer_request
from connectors.kit.mapped_values import mapped_text

PLAIN = {"first_name": "firstName", "last_name": "lastName", "title": "title", "company": "company"}


def sync_audience(settings: LinkedInSettings, fields: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Adds people to the segment, or removes them."""
    action = "REMOVE" if batch.change.removes else "ADD"
    elements = [{"action": action, "userIds": user_ids(fields, row.mapped), **_plain(row.mapped)} for row in batch.rows]
    url = f"{settings.api_url}/dmpSegments/{fields.segment_id}/users"
    return _request(settings, "POST", url, batch.access_token, {"elements": elements})


def user_ids(fields: SyncAudienceFields, mapped: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a person is recognised by; names and companies alone recognise nobody."""
    email = normalize_email(mapped_text(mapped, "email"))
    device = normalize_device_id(mapped_text(mapped, "google_aid"))
    found: list[dict[str, str]] = []
    if email and fields.email_hash is EmailHash.SHA512 and not is_hashed(email):
        digest = hashlib.sha512(email.encode("utf-8", "surrogatepass")).hexdigest()
        found.append({"idType": "SHA512_EMAIL", "idValue": digest})
    elif email:
        found.append({"idType": "SHA256_EMAIL", "idValue": sha256_hex(email)})
    if device:
        found.append({"idType": "GOOGLE_AID", "idValue": device})
    return found


def check(settings: LinkedInSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for one segment of the ad account, which takes the permission that changing one takes."""
    query = urlencode({"q": "account", "account": f"urn:li:sponsoredAccount:{settings.account_id}", "count": 1})
    return _request(settings, "GET", f"{settings.api_url}/dmpSegments?{query}", access_token)


def _plain(mapped: Mapping[str, Any]) -> dict[str, str]:
    said = {name: mapped_text(mapped, field) for field, name in PLAIN.items()}
    country = normalize_country(mapped_text(mapped, "country")).upper()
    said["country"] = country if len(country) == 2 else ""
    return {name: value for name, value in said.items() if value}


def _request(
    settings: LinkedInSettings, method: str, url: str, access_token: str | None, body: Any = None
) -> PartnerRequest:
    headers = (("LinkedIn-Version", settings.linkedin_version), ("X-Restli-Protocol-Version", "2.0.0"))
    own = () if body is None else (("X-RestLi-Method", "BATCH_CREATE"),)
    return bearer_request(method, url, access_token, body, (*headers, *own))
