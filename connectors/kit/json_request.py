"""Requests with JSON bodies: the content type goes with the body, and an access token is listed as a secret."""

from typing import Any

import msgspec

from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.http_parts import Headers

JSON = ("Content-Type", "application/json")


def json_request(
    method: str, url: str, body: Any = None, headers: Headers = (), secrets: tuple[str, ...] = ()
) -> PartnerRequest:
    """A request whose body is JSON, or that has none."""
    content = b"" if body is None else msgspec.json.encode(body)
    return PartnerRequest(method, url, (*headers, *((JSON,) if content else ())), content, secrets)


def bearer_request(method: str, url: str, token: str | None, body: Any = None, headers: Headers = ()) -> PartnerRequest:
    """The same with the access token that the engine fetched, or that is a setting."""
    known = required_token(token)
    return json_request(method, url, body, (("Authorization", f"Bearer {known}"), *headers), (known,))


def required_token(token: str | None) -> str:
    """The token; raises `InvalidSettings` without one, so that no request leaves that can only be refused."""
    if not token:
        raise InvalidSettings("There is no access token; look at the settings that it is fetched with.")
    return token
