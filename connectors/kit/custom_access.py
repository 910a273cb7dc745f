"""The settings of custom connectors: what each kind of authentication asks for, and how it stands in a request."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import field_validator

from connectors.kit.custom_definition import (
    Authentication,
    Basic,
    Bearer,
    ClientCredentials,
    InHeader,
    InQuery,
    NoAuthentication,
)
from connectors.kit.declaration import Secret, SettingsModel, TokenFlow, setting
from connectors.kit.exchange import PartnerRequest
from connectors.kit.http_parts import SECRET_HEADER_VALUE, Headers
from connectors.kit.oauth import client_credentials_flow


@dataclass(frozen=True, slots=True)
class Access:
    """What goes into a request: headers, a query parameter, and the secrets among them."""

    headers: Headers = ()
    query: str = ""
    secrets: tuple[str, ...] = ()


AccessOf = Callable[[Any, str | None], Access]
"""(settings, access token) → what goes into the request."""


class NoSettings(SettingsModel):
    """The partner does not ask who calls."""


class KeySettings(SettingsModel):
    """One key or token."""

    key: Secret = setting("Key", "The key or token that the partner has given you.")

    @field_validator("key")
    @classmethod
    def key_fits_a_header(cls, key: Secret) -> Secret:
        """A header value is one line of visible ASCII."""
        if SECRET_HEADER_VALUE.fullmatch(key.get_secret_value()) is None:
            raise ValueError("A key is visible ASCII.")
        return key


class BasicSettings(SettingsModel):
    """User name and password."""

    username: str = setting("User name", "For user name and password (HTTP basic).")
    password: Secret = setting("Password", "For user name and password (HTTP basic).")


class ClientSettings(SettingsModel):
    """A client at an OAuth 2.0 server."""

    client_id: str = setting("Client ID", "The id of your client at the partner's token server.")
    client_secret: Secret = setting("Client secret", "Its secret.")


@dataclass(frozen=True, slots=True)
class _Client:
    client_id: str
    client_secret: Secret
    token_url: str


def settings_of(authentication: Authentication) -> type[SettingsModel]:
    """The settings model of a kind of authentication."""
    match authentication:
        case Bearer() | InHeader() | InQuery():
            return KeySettings
        case Basic():
            return BasicSettings
        case ClientCredentials():
            return ClientSettings
        case NoAuthentication():
            return NoSettings


def access_of(authentication: Authentication) -> AccessOf:
    """How the settings stand in a request."""
    match authentication:
        case Bearer():
            return lambda settings, _: _bearer(settings.key.get_secret_value())
        case InHeader(name=name):
            return lambda settings, _: _in_header(name, settings.key.get_secret_value())
        case InQuery(name=name):
            return lambda settings, _: _in_query(name, settings.key.get_secret_value())
        case Basic():
            return lambda settings, _: _basic(settings)
        case ClientCredentials():
            return lambda _, token: _bearer(token) if token else Access()
        case NoAuthentication():
            return lambda _, __: Access()


def token_flow_of(authentication: Authentication) -> TokenFlow | None:
    """How an access token is fetched, where the authentication wants one."""
    if not isinstance(authentication, ClientCredentials):
        return None
    scope = {"scope": authentication.scope} if authentication.scope else {}
    flow = client_credentials_flow(lambda _: scope, json=authentication.as_json)
    token_url = authentication.token_url

    def render(settings: ClientSettings, now: datetime, stored: str | None) -> PartnerRequest:
        return flow.render(_Client(settings.client_id, settings.client_secret, token_url), now, stored)

    return TokenFlow(render=render, read=flow.read)


def _bearer(token: str) -> Access:
    return Access((("Authorization", f"Bearer {token}"),), secrets=(token,))


def _in_header(name: str, key: str) -> Access:
    return Access(((name, key),), secrets=(key,))


def _in_query(name: str, key: str) -> Access:
    encoded = quote(key, safe="")
    return Access(query=f"{name}={encoded}", secrets=(key, encoded))


def _basic(settings: BasicSettings) -> Access:
    pair = base64.b64encode(f"{settings.username}:{settings.password.get_secret_value()}".encode()).decode()
    return Access((("Authorization", f"Basic {pair}"),), secrets=(pair,))
