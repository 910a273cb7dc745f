"""OAuth 2.0 token requests (RFC 6749): the refresh-token and client-credentials grants as token flows of settings."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from connectors.kit.classification import DEFAULT_BY_STATUS, MAX_RETRY_AFTER_SECONDS, Classification, Verdict
from connectors.kit.declaration import Secret, Token, TokenFlow
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.records.delivery import Reason

DEFAULT_LIFE_SECONDS = 3600.0
"""How long a token is good for when its answer does not say so."""


class ClientSettings(Protocol):
    """Settings that hold a client's access; `token_url` may be a property of other settings."""

    @property
    def client_id(self) -> str:
        """The client's public id."""

    @property
    def client_secret(self) -> Secret:
        """The client's secret."""

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""


class RefreshTokenSettings(ClientSettings, Protocol):
    """Settings that hold a refresh token too."""

    @property
    def refresh_token(self) -> Secret:
        """The refresh token that the admin gave; one that the partner has sent since comes first."""


Extra = Callable[[Any], Mapping[str, str]]


def refresh_token_flow() -> TokenFlow:
    """Asks for an access token with a refresh token (RFC 6749, section 6)."""
    return TokenFlow(render=_refresh, read=read_token, given=_given)


def client_credentials_flow(extra: Extra | None = None, *, json: bool = False) -> TokenFlow:
    """Asks with the client's own credentials (RFC 6749, 4.4), as a form or as JSON; `extra` adds a scope and such."""

    def render(settings: ClientSettings, _: datetime, __: str | None) -> PartnerRequest:
        fields = {"grant_type": "client_credentials", **(extra(settings) if extra is not None else {})}
        return _token_request(settings, fields, json=json)

    return TokenFlow(render=render, read=read_token)


def _given(settings: RefreshTokenSettings) -> str:
    return settings.refresh_token.get_secret_value()


def _refresh(settings: RefreshTokenSettings, _: datetime, stored: str | None) -> PartnerRequest:
    token = stored or _given(settings)
    return _token_request(settings, {"grant_type": "refresh_token", "refresh_token": token})


def _token_request(settings: ClientSettings, fields: Mapping[str, str], *, json: bool = False) -> PartnerRequest:
    secret = settings.client_secret.get_secret_value()
    sent = {**fields, "client_id": settings.client_id, "client_secret": secret}
    refresh_token = fields.get("refresh_token")
    return PartnerRequest(
        "POST",
        settings.token_url,
        (("Content-Type", "application/json" if json else "application/x-www-form-urlencoded"),),
        msgspec.json.encode(sent) if json else urlencode(sent).encode(),
        (secret, refresh_token) if refresh_token else (secret,),
    )


class _Answer(msgspec.Struct):
    access_token: str = ""
    expires_in: float = DEFAULT_LIFE_SECONDS
    refresh_token: str | None = None
    error: str = ""


ERRORS: Mapping[str, tuple[Verdict, Reason]] = {
    **dict.fromkeys(
        ("invalid_grant", "invalid_client", "unauthorized_client", "access_denied"),
        (Verdict.UNAUTHORIZED, Reason.UNAUTHORIZED),
    ),
    **dict.fromkeys(
        ("invalid_request", "invalid_scope", "unsupported_grant_type"),
        (Verdict.MISCONFIGURED, Reason.MISCONFIGURED),
    ),
    **dict.fromkeys(
        ("temporarily_unavailable", "server_error", "internal_failure"),
        (Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE),
    ),
    **dict.fromkeys(
        ("slow_down", "rate_limit_exceeded"),
        (Verdict.THROTTLED, Reason.THROTTLED),
    ),
}
"""What the error codes of RFC 6749 (section 5.2) mean, and those that issuers add."""


def read_token(response: PartnerResponse) -> Token | Classification:
    """The token of an answer, or why there is none; a refused grant needs a person and is never asked for again."""
    try:
        answer = msgspec.json.decode(response.body, type=_Answer, strict=False)
    except msgspec.MsgspecError:
        return _without_token(response)
    if answer.error in ERRORS:
        verdict, reason = ERRORS[answer.error]
        return Classification(verdict, reason, answer.error, _wait(response))
    if not 200 <= response.status < 300 or not answer.access_token or answer.error:
        return _without_token(response)
    return Token(answer.access_token, max(answer.expires_in, 0.0), answer.refresh_token or None)


def _without_token(response: PartnerResponse) -> Classification:
    code, wait = str(response.status), _wait(response)
    match DEFAULT_BY_STATUS.get(response.status, Verdict.REJECTED):
        case Verdict.ACCEPTED:
            return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, code, wait)
        case Verdict.TRY_AGAIN:
            return Classification(Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE, code, wait)
        case Verdict.THROTTLED:
            return Classification(Verdict.THROTTLED, Reason.THROTTLED, code, wait)
        case Verdict.UNAUTHORIZED:
            return Classification(Verdict.UNAUTHORIZED, Reason.UNAUTHORIZED, code)
        case _:
            return Classification(Verdict.MISCONFIGURED, Reason.MISCONFIGURED, code)


def _wait(response: PartnerResponse) -> float | None:
    """`Retry-After` in seconds; its date form is left out, since no clock is at hand."""
    value = response.headers.get("retry-after", "").strip()
    return min(float(value[:12]), MAX_RETRY_AFTER_SECONDS) if value.isascii() and value.isdigit() else None
