"""AWS Signature Version 4: who sends a request, and that nothing of it was changed on the way.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import msgspec

from connectors.kit.exchange import PartnerRequest
from connectors.kit.web_address import split_url

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """A key, and the place for which it signs. `s3` wants the body's hash as a header; other services do not."""

    access_key_id: str
    secret_access_key: str
    region: str
    service: str = "s3"
    session_token: str | None = None


def sign(request: PartnerRequest, signer: Signer, now: datetime) -> PartnerRequest:
    """The request with the headers that sign it; its URL must be percent-encoded as `encode_path` does."""
    body_hash = hashlib.sha256(request.body).hexdigest()
    at = now.strftime("%Y%m%dT%H%M%SZ")
    headers = (*request.headers, *_added_headers(signer, at, body_hash))
    address = split_url(request.url)
    path, _, query = address.path.partition("?")
    signed = sorted((name.lower(), " ".join(value.split())) for name, value in (*headers, ("host", address.authority)))
    names = ";".join(name for name, _ in signed)
    canonical = "\n".join(
        (
            request.method,
            path,
            _canonical_query(query),
            *(f"{name}:{value}" for name, value in signed),
            "",
            names,
            body_hash,
        )
    )
    scope = f"{at[:8]}/{signer.region}/{signer.service}/aws4_request"
    text = "\n".join((ALGORITHM, at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_signing_key(signer, at[:8]), text.encode(), "sha256").hexdigest()
    authorization = (
        f"{ALGORITHM} Credential={signer.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return msgspec.structs.replace(request, headers=(*headers, ("Authorization", authorization)))


def encode_path(segments: Iterable[str]) -> str:
    """A path as it is signed: each segment percent-encoded, but for letters, digits and `-_.~`."""
    return "/" + "/".join(quote(segment, safe=UNRESERVED) for segment in segments)


def _added_headers(signer: Signer, at: str, body_hash: str) -> Headers:
    headers: Headers = (("x-amz-date", at),)
    if signer.service == "s3":
        headers = (("x-amz-content-sha256", body_hash), *headers)
    if signer.session_token is not None:
        headers = (*headers, ("x-amz-security-token", signer.session_token))
    return headers


def _canonical_query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, value in sorted((name, value) for name, _, value in pairs))


def _signing_key(signer: Signer, day: str) -> bytes:
    key = f"AWS4{signer.secret_access_key}".encode()
    for part in (day, signer.region, signer.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
