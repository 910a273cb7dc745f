"""Access to Azure Event Hubs and Service Bus: by the connection string of a policy, or by Microsoft Entra ID.

https://learn.microsoft.com/rest/api/eventhub/event-hubs-runtime-rest
"""

import re
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from pydantic import field_validator, model_validator

from connectors.kit import oauth
from connectors.kit.declaration import Secret, SettingsModel, TokenFlow, setting
from connectors.kit.errors import InvalidSettings
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.shared_access_signature import ConnectionString, parse_connection_string, sign

API_VERSION = "2014-01"
SIGNATURE_LIFE_SECONDS = 900
ENTITY_PATTERN = r"^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,254}[A-Za-z0-9])?$"


class Authentication(StrEnum):
    """How Azure is told who sends."""

    CONNECTION_STRING = "connection_string"
    ENTRA = "entra"


class AzureSettings(SettingsModel):
    """Access to a namespace; the connector type adds the setting that names the hub, queue or topic."""

    host_fields: ClassVar[tuple[str, ...]] = ("namespace", "api_url", "login_url")
    entity_field: ClassVar[str]

    authentication: Authentication = setting(
        "Authentication",
        "With the connection string of a shared access policy, or as an application of Microsoft Entra ID.",
        default=Authentication.CONNECTION_STRING,
    )
    connection_string: Secret | None = setting(
        "Connection string",
        "Azure portal → the namespace or the entity in it → Shared access policies → a policy with Send → Connection"
        " string.",
        default=None,
    )
    namespace: str | None = setting(
        "Namespace",
        "For Entra ID: the name before .servicebus.windows.net.",
        default=None,
        example="contoso-events",
        pattern=r"^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]$",
    )
    tenant_id: str | None = setting(
        "Tenant ID",
        "For Entra ID: Azure portal → Microsoft Entra ID → Overview → Tenant ID.",
        default=None,
        pattern=r"^[A-Za-z0-9.-]{1,253}$",
    )
    client_id: str | None = setting(
        "Application ID", "For Entra ID: App registrations → your application → Application (client) ID.", default=None
    )
    client_secret: Secret | None = setting(
        "Client secret",
        "For Entra ID: the application's Certificates & secrets → Client secrets → Value. The application needs the"
        " role Data Sender.",
        default=None,
    )
    login_url: PartnerUrl = setting(
        "Sign-in address",
        "Where Entra ID gives tokens; it differs in national clouds only.",
        default="https://login.microsoftonline.com",
    )
    api_url: PartnerUrl | None = setting(
        "API address",
        "Where the namespace is reached; empty: at the host of the connection string or namespace.",
        default=None,
    )

    @field_validator("connection_string")
    @classmethod
    def connection_string_is_one(cls, text: Secret | None) -> Secret | None:
        """A bad connection string shows when it is saved, not as failed deliveries."""
        if text is not None:
            parse_connection_string(text.get_secret_value())
        return text

    @model_validator(mode="after")
    def access_is_whole(self) -> "AzureSettings":
        """The kind of authentication has what it needs, and the entity is named."""
        entra = self.authentication is Authentication.ENTRA
        needed = ("namespace", "tenant_id", "client_id", "client_secret") if entra else ("connection_string",)
        for name in needed:
            if not getattr(self, name):
                raise ValueError(f"{type(self).model_fields[name].title} is needed for this authentication.")
        if not self.entity:
            title = type(self).model_fields[self.entity_field].title
            raise ValueError(f"{title} is needed: the connection string names none (EntityPath).")
        if re.fullmatch(ENTITY_PATTERN, self.entity) is None:
            raise ValueError("The EntityPath of the connection string is no name of a hub, queue or topic.")
        return self

    @cached_property
    def connection(self) -> ConnectionString | None:
        """The parsed connection string, when it is what signs."""
        if self.authentication is Authentication.ENTRA or self.connection_string is None:
            return None
        return parse_connection_string(self.connection_string.get_secret_value())

    @cached_property
    def entity(self) -> str:
        """The hub, queue or topic."""
        named: str | None = getattr(self, self.entity_field)
        return named or (self.connection and self.connection.entity) or ""

    @cached_property
    def resource(self) -> str:
        """The entity's own URI, which signatures are made for."""
        host = self.connection.host if self.connection else f"{self.namespace}.servicebus.windows.net".lower()
        return f"https://{host}/{self.entity}"

    @cached_property
    def messages_url(self) -> str:
        """Where messages are posted."""
        base = f"{self.api_url}/{self.entity}" if self.api_url else self.resource
        return f"{base}/messages?timeout=60&api-version={API_VERSION}"

    @cached_property
    def token_url(self) -> str:
        """Where Entra ID gives tokens for this tenant."""
        return f"{self.login_url}/{self.tenant_id}/oauth2/v2.0/token"


def entra_flow(scope: str) -> TokenFlow:
    """A token of Microsoft Entra ID, for connectors that sign in with it."""
    flow = oauth.client_credentials_flow(lambda _: {"scope": scope})
    return replace(flow, needed=lambda settings: settings.authentication is Authentication.ENTRA)


def authorization(settings: AzureSettings, now: datetime, access_token: str | None) -> str:
    """The value of `Authorization` at this moment; raises `InvalidSettings` when Entra ID has given no token."""
    connection = settings.connection
    if connection is not None:
        expires_at = int(now.timestamp()) + SIGNATURE_LIFE_SECONDS
        return sign(settings.resource, connection.key_name, connection.key, expires_at)
    if access_token is None:
        raise InvalidSettings("Entra ID has given no token.")
    return f"Bearer {access_token}"
