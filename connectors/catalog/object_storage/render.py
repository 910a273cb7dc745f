"""What is put into the bucket: the rows of a batch as one file, under a name that follows from the rows."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.catalog.object_storage.settings import FileFormat, ObjectStorageSettings, WriteFileFields
from connectors.kit.aws_signature import Signer, encode_path, sign
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.filters import rfc3339

CONTENT_TYPES = {FileFormat.CSV: "text/csv; charset=utf-8", FileFormat.NDJSON: "application/x-ndjson"}
OWN_COLUMNS = ("profile_id", "change", "occurred_at")
TEST_OBJECT = "patchbay-connection-test.txt"

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9]+(\.[0-9]+)?$)")
_to_json = msgspec.json.Encoder(decimal_format="number").encode


def write_file(settings: ObjectStorageSettings, fields: WriteFileFields, batch: Batch) -> PartnerRequest:
    """One object for all rows. The same rows have the same name, so that a second attempt overwrites the first."""
    rows = [_values(row) for row in batch.rows]
    day = _utc_day(max(row.occurred_at for row in batch.rows))
    path = (*fields.prefix.split("/"), day, f"{batch.id}.{fields.file_format.value}")
    body = _csv(rows) if fields.file_format is FileFormat.CSV else b"".join(_to_json(row) + b"\n" for row in rows)
    return _put(settings, path, CONTENT_TYPES[fields.file_format], body, batch.now)


def check(settings: ObjectStorageSettings, now: datetime, _: str | None) -> PartnerRequest:
    """Puts a small object, always the same: it proves the address, the bucket and the right to write."""
    return _put(settings, (TEST_OBJECT,), "text/plain", b"Patchbay can write here.\n", now)


def _put(
    settings: ObjectStorageSettings, path: tuple[str, ...], content_type: str, body: bytes, now: datetime
) -> PartnerRequest:
    bucket = () if settings.bucket is None else (settings.bucket,)
    token = settings.session_token.get_secret_value() if settings.session_token else None
    signer = Signer(
        settings.access_key_id,
        settings.secret_access_key.get_secret_value(),
        settings.region,
        session_token=token,
    )
    url = f"{settings.endpoint}{encode_path((*bucket, *path))}"
    request = PartnerRequest("PUT", url, (("Content-Type", content_type),), body, (token,) if token else ())
    return sign(request, signer, now.astimezone(UTC))


def _utc_day(at: datetime) -> str:
    try:
        return at.astimezone(UTC).date().isoformat()
    except OverflowError as error:
        raise CannotRender("`occurred_at` is outside the years 1 to 9999 of UTC.") from error


def _values(row: Row) -> dict[str, Any]:
    columns = row.mapped.get("columns") or {}
    if not isinstance(columns, Mapping):
        raise CannotRender("The columns must be an object of names and values.")
    own = (row.profile_id, row.change.value, rfc3339(row.occurred_at))
    return {**columns, **dict(zip(OWN_COLUMNS, own, strict=True))}


def _csv(rows: list[dict[str, Any]]) -> bytes:
    names = dict.fromkeys((*OWN_COLUMNS, *(name for row in rows for name in row)))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # as RFC 4180 wants it; with less, Python quotes no \r
    writer.writerow(map(_safe, names))
    writer.writerows([_safe(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula; plain numbers, and so phone numbers, stay as they are."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _to_json(value).decode()
    return f"'{text}" if _FORMULA.match(text) else text.replace("\x00", "")
