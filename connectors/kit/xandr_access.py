"""Access to Xandr's APIs: the settings that sign in, requests with its token, and how its answers are wrapped.

https://learn.microsoft.com/xandr/digital-platform-api/api-semantics
"""

from datetime import datetime
from typing import Any

import msgspec

from connectors.kit.answers import is_good, read_json, unreadable
from connectors.kit.classification import Classification
from connectors.kit.code_table import CodeTable
from connectors.kit.declaration import Batch, Secret, SettingsModel, Token, TokenFlow, setting
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.kit.json_request import json_request, required_token
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.web_address import split_url

UPLOAD_HOSTS = (".adnxs.net", ".adnxs.com", ".appnexus.com")
TOKEN_SECONDS = 7200.0
"""A token lives two hours after the last call, and a day at most."""


class XandrAccess(SettingsModel):
    """A user of a member's API."""

    username: str = setting("User name", "Of an API user of your member.", min_length=1)
    password: Secret = setting("Password", "Of that user; Xandr lets passwords expire.", min_length=1)
    member_id: str = setting("Member ID", "The number of your seat at Xandr.", example="456", pattern=r"^[0-9]{1,10}$")
    api_url: PartnerUrl = setting(
        "API address", "Data providers use https://api.adnxs.com.", default="https://api.appnexus.com"
    )


class Content(msgspec.Struct):
    """What an answer holds."""

    status: str | None = None
    token: str | None = None
    error_id: str | int | None = None
    error_code: str | int | None = None
    batch_segment_upload_job: Any = None
    warnings: list[Any] | None = None


class _Answer(msgspec.Struct):
    response: Content


def xandr_request(method: str, url: str, token: str | None, body: Any = None) -> PartnerRequest:
    """A request with the access token, which goes without the word Bearer."""
    known = required_token(token)
    return json_request(method, url, body, (("Authorization", known),), (known,))


def address_of_upload(named: str, own: str | None) -> str:
    """Where a file goes: the address that Xandr has named, or its path at an `own` one; to no host but Xandr's."""
    address = split_url(named)
    if own is not None:
        return own + address.path
    if address.scheme != "https" or not address.host.endswith(UPLOAD_HOSTS):
        raise InvalidSettings(f"Xandr names {address.host} for uploads, which is not its own; give an upload address.")
    return named


def check(settings: XandrAccess, _: datetime, access_token: str | None) -> PartnerRequest:
    """The connection test: one segment of the member."""
    url = f"{settings.api_url}/segment?member_id={settings.member_id}&num_elements=1"
    return xandr_request("GET", url, access_token)


def token_flow(codes: CodeTable) -> TokenFlow:
    """Signs in with user name and password; Xandr allows it ten times in five minutes."""

    def read(response: PartnerResponse) -> Token | Classification:
        content = content_of(response)
        found = content is not None and content.token
        return Token(found, TOKEN_SECONDS) if found else classify_error(codes, response, None)

    return TokenFlow(render=_sign_in, read=read)


def content_of(response: PartnerResponse) -> Content | None:
    """The content of an answer that is no error; errors may come with status 200."""
    answer = read_json(response, _Answer)
    if answer is None or not is_good(response):
        return None
    content = answer.response
    return None if content.status == "ERROR" or content.error_id or content.error_code else content


def classify_error(codes: CodeTable, response: PartnerResponse, sent: Batch | None) -> Classification:
    """What an answer without content means: by its id and code, the code first; else by its status."""
    answer = read_json(response, _Answer)
    named = (answer.response.error_id, answer.response.error_code) if answer is not None else ()
    names = [str(name) for name in named if name]
    if is_good(response) and not any(map(codes.verdict, names)):
        return unreadable(response, code="/".join(names) or None)
    return codes.refusal(response, sent, *(("/".join(names), *reversed(names)) if names else ()))


def _sign_in(settings: XandrAccess, _: datetime, __: str | None) -> PartnerRequest:
    password = settings.password.get_secret_value()
    body = {"auth": {"username": settings.username, "password": password}}
    return json_request("POST", f"{settings.api_url}/auth", body, secrets=(password,))
