"""What is sent to TikTok: one action, one schema, and a row of hashed columns for each person."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.catalog.tiktok.settings import DeviceHash, SyncAudienceFields, TikTokSettings
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import normalize_device_id, normalize_email, normalize_phone, sha256_hex
from connectors.kit.json_request import json_request
from connectors.kit.mapped_values import mapped_text

MD5 = re.compile(r"[0-9a-f]{32}")


def sync_audience(settings: TikTokSettings, fields: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Adds people to the audience, or deletes them from it."""
    people = [_columns(fields, row.mapped) for row in batch.rows]
    schema = [name for name in _schema(fields) if any(person[name] for person in people)]
    body = {
        "advertiser_ids": [settings.advertiser_id],
        "action": "delete" if batch.change.removes else "add",
        "id_schema": schema,
        "batch_data": [[_cell(person[name], fields.audience_id) for name in schema] for person in people],
    }
    # Without the slash at its end the path is not found.
    return _request(settings, "POST", "/segment/mapping/", body)


def recognised_by(fields: SyncAudienceFields, mapped: Mapping[str, Any]) -> tuple[str, ...]:
    """Any one of the four identifiers is enough."""
    return tuple(filter(None, _columns(fields, mapped).values()))


def check(settings: TikTokSettings, _: datetime, __: str | None) -> PartnerRequest:
    """Asks who the token belongs to."""
    return _request(settings, "GET", "/user/info/")


def _schema(fields: SyncAudienceFields) -> tuple[str, str, str, str]:
    device = fields.device_hash.name
    return "EMAIL_SHA256", "PHONE_SHA256", f"IDFA_{device}", f"AAID_{device}"


def _columns(fields: SyncAudienceFields, mapped: Mapping[str, Any]) -> dict[str, str]:
    phone = normalize_phone(mapped_text(mapped, "phone"), fields.phone_region)
    return dict(
        zip(
            _schema(fields),
            (
                sha256_hex(_without_suffix(normalize_email(mapped_text(mapped, "email")))),
                sha256_hex(phone if fields.plus_before_phone else phone.removeprefix("+")),
                _hashed_device(fields.device_hash, mapped_text(mapped, "idfa")),
                _hashed_device(fields.device_hash, mapped_text(mapped, "aaid")),
            ),
            strict=True,
        )
    )


def _cell(value: str, audience_id: str) -> dict[str, Any]:
    return {"id": value, "audience_ids": [audience_id]} if value else {}


def _without_suffix(email: str) -> str:
    local, at, domain = email.rpartition("@")
    local = local.partition("+")[0]
    return f"{local}{at}{domain}" if local or not at else ""


def _hashed_device(kind: DeviceHash, value: str) -> str:
    device = normalize_device_id(value)
    if kind is DeviceHash.SHA256:
        return sha256_hex(device)
    if not device or MD5.fullmatch(device):
        return device
    return hashlib.md5(device.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _request(settings: TikTokSettings, method: str, path: str, body: Any = None) -> PartnerRequest:
    token = settings.access_token.get_secret_value()
    return json_request(method, f"{settings.base_url}{path}", body, (("Access-Token", token),), (token,))
