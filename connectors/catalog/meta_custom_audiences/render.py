"""What is sent to Meta: rows of normalised, hashed values, positional against a schema."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from connectors.catalog.meta_custom_audiences.settings import MetaSettings, SyncAudienceFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.filters import FilterRefused, as_text
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
from connectors.records.delivery import Reason

Columns = Mapping[str, str]
_to_json = msgspec.json.Encoder().encode


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
    return _request(settings, method, f"{settings.base_url}/{fields.audience_id}/users", batch.now, _to_json(body))


def check(settings: MetaSettings, now: datetime, _: str | None) -> PartnerRequest:
    """Asks who the token belongs to."""
    return _request(settings, "GET", f"{settings.base_url}/me", now, fields="id,name")


def refuse(_: MetaSettings, fields: SyncAudienceFields, row: Row) -> Reason | None:
    """A person is recognised by one of four values; names and places alone only narrow a match down."""
    known = any(column(_text(row.mapped, name), fields.phone_region) for name, column in RECOGNISED_BY.items())
    return None if known else Reason.NO_IDENTIFIER


Column = Callable[[str, str | None], str]

RECOGNISED_BY: dict[str, Column] = {
    "email": lambda value, _: normalize_email(value),
    "mobile_ad_id": lambda value, _: normalize_device_id(value),
    "external_id": lambda value, _: value.strip(),
    "phone": phone_digits,
}

SCHEMA = (
    *("EXTERN_ID", "EMAIL", "PHONE", "MADID", "GEN", "DOBY", "DOBM", "DOBD", "FN", "LN", "FI", "CT", "ST", "ZIP"),
    "COUNTRY",
)


def _columns(fields: SyncAudienceFields, mapped: Mapping[str, Any]) -> Columns:
    known = {name: _text(mapped, name) for name, value in mapped.items() if value not in (None, "")}
    columns = {
        "EXTERN_ID": known.get("external_id", "").strip(),
        "MADID": normalize_device_id(known.get("mobile_ad_id")),
    }
    for name, value in _hashed_columns(known, fields.phone_region):
        if value:
            columns[name] = sha256_hex(value)
    return columns


def _hashed_columns(known: Mapping[str, str], region: str | None) -> Iterable[tuple[str, str]]:
    first_name = normalize_name(known.get("first_name"))
    born = birth_date_parts(known.get("birth_date"))
    return (
        ("EMAIL", normalize_email(known.get("email"))),
        ("PHONE", phone_digits(known.get("phone"), region) if "phone" in known else ""),
        ("GEN", normalize_gender(known.get("gender"))),
        *zip(("DOBY", "DOBM", "DOBD"), born, strict=True),
        ("FN", first_name),
        ("LN", normalize_name(known.get("last_name"))),
        ("FI", "" if is_hashed(first_name) else first_name[:1]),
        ("CT", normalize_city(known.get("city"))),
        ("ST", normalize_city(known.get("state"))),
        ("ZIP", normalize_zip(known.get("zip"))),
        ("COUNTRY", normalize_country(known.get("country"))),
    )


def _text(mapped: Mapping[str, Any], name: str) -> str:
    try:
        return as_text(mapped.get(name))
    except FilterRefused as error:
        raise CannotRender(f"The field {name!r}: {error}.") from error


def _session(batch: Batch) -> dict[str, Any]:
    number = int.from_bytes(hashlib.sha256(batch.id.encode()).digest()[:6])
    return {"session_id": number, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": len(batch.rows)}


def _request(
    settings: MetaSettings, method: str, url: str, now: datetime, body: bytes = b"", **query: str
) -> PartnerRequest:
    token = settings.access_token.get_secret_value()
    proof = _proof(settings, token, int(now.timestamp()))
    parameters = urlencode({**query, **proof})
    return PartnerRequest(
        method,
        f"{url}?{parameters}" if parameters else url,
        (("Authorization", f"Bearer {token}"), *((("Content-Type", "application/json"),) if body else ())),
        body,
        (token, *([proof["appsecret_proof"]] if proof else ())),
    )


def _proof(settings: MetaSettings, token: str, at: int) -> dict[str, str]:
    if settings.app_secret is None:
        return {}
    key = settings.app_secret.get_secret_value().encode()
    digest = hmac.digest(key, f"{token}|{at}".encode(), "sha256").hex()
    return {"appsecret_time": str(at), "appsecret_proof": digest}
