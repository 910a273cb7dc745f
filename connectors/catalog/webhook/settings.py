"""What a webhook connector asks for: where to send, how to sign in, and how to sign."""

import base64
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from pydantic import field_validator, model_validator

from connectors.kit import http_parts, standard_webhooks
from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl

OWN_HEADERS = http_parts.OWN_HEADERS | {"webhook-id", "webhook-signature", "webhook-timestamp"}
"""Headers that the connector or the sender sets; a mapping may not."""


class Authentication(StrEnum):
    """How the endpoint is told who calls."""

    NONE = "none"
    BEARER = "bearer"
    BASIC = "basic"
    HEADER = "header"


class WebhookSettings(SettingsModel):
    """An HTTP endpoint and the credentials for it."""

    host_fields: ClassVar[tuple[str, ...]] = ("url",)

    url: PartnerUrl = setting(
        "URL",
        "Where events are sent, beginning with https://. It is the same for every event: what depends on the event goes"
        " into the action's path.",
        example="https://hooks.example.org/patchbay",
    )
    authentication: Authentication = setting(
        "Authentication",
        "How the endpoint knows us: not at all, a bearer token, user name and password, or a header of your own.",
        default=Authentication.NONE,
    )
    token: Secret | None = setting("Bearer token", "Sent as `Authorization: Bearer …`.", default=None)
    username: str | None = setting("User name", "For user name and password (HTTP basic).", default=None)
    password: Secret | None = setting("Password", "For user name and password (HTTP basic).", default=None)
    header_name: str | None = setting(
        "Header name", "The header that carries your key.", default=None, example="X-Api-Key"
    )
    header_value: Secret | None = setting("Header value", "The key that goes into that header.", default=None)
    signing_secret: Secret | None = setting(
        "Signing secret",
        "Signs every request as Standard Webhooks 1.0 says, so that the receiver can check it. 24 to 64 random bytes in"
        " base64, usually with whsec_ before them.",
        default=None,
    )
    previous_signing_secret: Secret | None = setting(
        "Previous signing secret",
        "While you rotate the secret: requests are signed with both. Remove it when every receiver knows the new one.",
        default=None,
    )

    @field_validator("header_name")
    @classmethod
    def header_is_free(cls, name: str | None) -> str | None:
        """A header name, and none that the connector sets itself."""
        if name is not None and (http_parts.HEADER_NAME.fullmatch(name) is None or name.lower() in OWN_HEADERS):
            raise ValueError("This is no header name that can be set here.")
        return name

    @field_validator("signing_secret", "previous_signing_secret")
    @classmethod
    def secret_is_a_key(cls, secret: Secret | None) -> Secret | None:
        """A secret that signs must be one."""
        if secret is not None:
            standard_webhooks.signing_key(secret.get_secret_value())
        return secret

    @field_validator("token", "header_value")
    @classmethod
    def secret_fits_a_header(cls, secret: Secret | None) -> Secret | None:
        """A header value is one line of visible ASCII."""
        if secret is not None and http_parts.SECRET_HEADER_VALUE.fullmatch(secret.get_secret_value()) is None:
            raise ValueError("A header can carry visible ASCII characters only.")
        return secret

    @model_validator(mode="after")
    def authentication_is_whole(self) -> "WebhookSettings":
        """The kind of authentication has what it needs."""
        needed = {
            Authentication.BEARER: ("token",),
            Authentication.BASIC: ("username", "password"),
            Authentication.HEADER: ("header_name", "header_value"),
        }.get(self.authentication, ())
        for name in needed:
            if not getattr(self, name):
                raise ValueError(f"{type(self).model_fields[name].title} is needed for this authentication.")
        return self

    @cached_property
    def access_header(self) -> tuple[tuple[str, str], ...]:
        """The header that says who calls, if any."""
        match self.authentication:
            case Authentication.BEARER if self.token:
                return (("Authorization", f"Bearer {self.token.get_secret_value()}"),)
            case Authentication.BASIC if self.password:
                pair = f"{self.username}:{self.password.get_secret_value()}".encode()
                return (("Authorization", f"Basic {base64.b64encode(pair).decode()}"),)
            case Authentication.HEADER if self.header_name and self.header_value:
                return ((self.header_name, self.header_value.get_secret_value()),)
            case _:
                return ()

    @cached_property
    def shown_secrets(self) -> tuple[str, ...]:
        """The secrets that stand in a request."""
        return tuple(value.removeprefix("Bearer ").removeprefix("Basic ") for _, value in self.access_header)

    @cached_property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys to sign with, newest first."""
        secrets = (self.signing_secret, self.previous_signing_secret)
        return tuple(standard_webhooks.signing_key(secret.get_secret_value()) for secret in secrets if secret)


class Method(StrEnum):
    """The HTTP methods that a webhook may use."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"
    GET = "GET"


class BodyFormat(StrEnum):
    """How the mapped body becomes bytes."""

    JSON = "json"
    TEXT = "text"


DEFAULT_BODY: dict[str, Any] = {
    "event_id": "{{ event.id | default: nil }}",
    "profile_id": "{{ profile.id }}",
    "change": "{{ event.change }}",
    "occurred_at": "{{ event.occurred_at }}",
    "source": "{{ source | default: nil }}",
    "name": "{{ event.name | default: nil }}",
    "identifiers": "{{ profile.identifiers }}",
    "attributes": "{{ profile.attributes }}",
    "properties": "{{ event.properties | default: nil }}",
}


class SendEventFields(ActionFields):
    """One request per event."""

    method: Method = setting("Method", "The HTTP method of each request.", default=Method.POST)
    body_format: BodyFormat = setting(
        "Body format",
        "JSON: the mapped body is written as JSON and is always valid. Text: the mapped body is one template whose text"
        " is sent as it is (XML, CSV, a form).",
        default=BodyFormat.JSON,
    )
    content_type: str = setting(
        "Content type",
        "What the endpoint is told about the body.",
        default="application/json",
        example="application/x-www-form-urlencoded",
        pattern=r"^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$",
    )
    path: Any = mapped(
        "Path",
        "Put behind the connector's URL, with its query, such as /people/{{ profile.id | urlencode }}?source=patchbay.",
        mapping="",
    )
    headers: Any = mapped("Headers", "More headers, by name; a header whose value is empty is not sent.", mapping={})
    body: Any = mapped("Body", "What is sent; null sends no body.", mapping=DEFAULT_BODY)
