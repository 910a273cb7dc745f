"""What is sent to Meta: rows of normalised, hashed values, positional against a schema."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from connectors.catalog.meta_custom_audiences.settings import MetaSettings, SyncAudienceFields
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import (
    birth_date_parts,
    is_hashed,
    normalize_city,
    normalize_country,
    normalize_device_id,
    normalize_email,
    normalize_gender,
    normalize_name,
    normalize_zip,
    phone_digits,
    sha256_hex,
)
from connectors.kit.json_request import bearer_request
from connectors.kit.mapped_values import mapped_text


def sync_audience(settings: MetaSettings, fields: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Adds people to the audience or takes them off it: the same body, under POST or DELETE."""
    people = [_columns(fields, row.mapped) for row in batch.rows]
    schema = [name for name in SCHEMA if any(person.get(name) for person in people)]
    # An unknown value is the empty text: the columns are positional and may never be left out.
    body: dict[str, Any] = {
        "payload": {"schema": schema, "data": [[person.get(name, "") for name in schema] for person in people]}
    }
    if settings.send_session:
        body["session"] = _session(batch)
    method = "DELETE" if batch.change.removes else "POST"
    return _request(settings, method, f"{fields.audience_id}/users", batch.now, body)


def check(settings: MetaSettings, now: datetime, _: str | None) -> PartnerRequest:
    """Asks who the token belongs to."""
    return _request(settings, "GET", "me", now, fields="id,name")


def recognised_by(fields: SyncAudienceFields, mapped: Mapping[str, Any]) -> str:
    """A person is recognised by one of four values; names and places alone only narrow a match down."""
    email, phone, device, external_id = (
        mapped_text(mapped, name) for name in ("email", "phone", "mobile_ad_id", "external_id")
    )
    return (
        normalize_email(email) or external_id or normalize_device_id(device) or phone_digits(phone, fields.phone_region)
    )


SCHEMA = (
    *("EXTERN_ID", "EMAIL", "PHONE", "MADID", "GEN", "DOBY", "DOBM", "DOBD", "FN", "LN", "FI", "CT", "ST", "ZIP"),
    "COUNTRY",
)


def _columns(fields: SyncAudienceFields, mapped: Mapping[str, Any]) -> Mapping[str, str]:
    known = {name: mapped_text(mapped, name) for name, value in mapped.items() if value not in (None, "")}
    hashed = {name: sha256_hex(value) for name, value in _to_hash(known, fields.phone_region).items() if value}
    plain = {
        "EXTERN_ID": known.get("external_id", ""),
        "MADID": normalize_device_id(known.get("mobile_ad_id")),
    }
    return {**plain, **hashed}


_NORMALISED = (
    ("EMAIL", "email", normalize_email),
    ("GEN", "gender", normalize_gender),
    ("LN", "last_name", normalize_name),
    ("CT", "city", normalize_city),
    ("ST", "state", normalize_city),
    ("ZIP", "zip", normalize_zip),
    ("COUNTRY", "country", normalize_country),
)


def _to_hash(known: Mapping[str, str], region: str | None) -> Mapping[str, str]:
    found = {column: normalize(known[name]) for column, name, normalize in _NORMALISED if name in known}
    if "phone" in known:
        found["PHONE"] = phone_digits(known["phone"], region)
    if "first_name" in known:
        first_name = found["FN"] = normalize_name(known["first_name"])
        found["FI"] = "" if is_hashed(first_name) else first_name[:1]
    if "birth_date" in known:
        found["DOBY"], found["DOBM"], found["DOBD"] = birth_date_parts(known["birth_date"])
    return found


def _session(batch: Batch) -> dict[str, Any]:
    number = int.from_bytes(hashlib.sha256(batch.id.encode()).digest()[:6])
    return {"session_id": number, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": len(batch.rows)}


def _request(
    settings: MetaSettings, method: str, path: str, now: datetime, body: Any = None, **query: str
) -> PartnerRequest:
    token = settings.access_token.get_secret_value()
    proof = _proof(settings, token, int(now.timestamp()))
    parameters = urlencode({**query, **proof})
    url = f"{settings.base_url}/{path}{'?' if parameters else ''}{parameters}"
    request = bearer_request(method, url, token, body)
    return replace(request, secrets=(token, proof["appsecret_proof"])) if proof else request


def _proof(settings: MetaSettings, token: str, at: int) -> dict[str, str]:
    if settings.app_secret is None:
        return {}
    key = settings.app_secret.get_secret_value().encode()
    digest = hmac.digest(key, f"{token}|{at}".encode(), "sha256").hex()
    return {"appsecret_time": str(at), "appsecret_proof": digest}
