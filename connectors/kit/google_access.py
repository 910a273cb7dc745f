"""Access to Google's APIs: the settings that every Google connector asks for, its requests, and what errors mean.

Errors are `google.rpc.Status` as JSON: https://cloud.google.com/apis/design/errors
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from connectors.kit.classification import (
    ACCEPTED,
    MAX_RETRY_AFTER_SECONDS,
    Classification,
    Verdict,
    classify_by_status,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch, Secret, SettingsModel, setting
from connectors.kit.exchange import PartnerResponse
from connectors.kit.oauth import refresh_token_flow
from connectors.kit.partner_url import PartnerUrl
from connectors.records.delivery import Reason

TOKEN_URL = "https://oauth2.googleapis.com/token"
TOKEN_FLOW = refresh_token_flow()
THROTTLED_SECONDS = 30.0


class GoogleSettings(SettingsModel):
    """An OAuth client and the consent that a user of the account gave it."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url", "token_url")

    client_id: str = setting(
        "Client ID",
        "Google Cloud console → APIs & Services → Credentials: the id of an OAuth client. The API must be enabled in"
        " that project.",
        example="1234-ada.apps.googleusercontent.com",
        min_length=1,
    )
    client_secret: Secret = setting("Client secret", "Shown beside the client id.", min_length=1)
    refresh_token: Secret = setting(
        "Refresh token", "What a user of the account gave when they allowed the OAuth client its access.", min_length=1
    )
    token_url: PartnerUrl = setting(
        "Token address", "Where access tokens are fetched; change it only for a gateway of your own.", default=TOKEN_URL
    )


def refresh_token(product: str, *scopes: str) -> Any:
    """The refresh token of one product; its user must have allowed these scopes."""
    named = f"the scope{'s' if len(scopes) > 1 else ''} {' and '.join(scopes)}"
    description = f"What a user of {product} gave when they allowed the OAuth client {named}."
    return setting("Refresh token", description, min_length=1)


VERDICTS: Mapping[str, Verdict] = {
    **dict.fromkeys(
        (
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "SERVICE_DISABLED",
            "accessNotConfigured",
            "authError",
            "forbidden",
        ),
        Verdict.UNAUTHORIZED,
    ),
    **dict.fromkeys(
        ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"),
        Verdict.THROTTLED,
    ),
    **dict.fromkeys(
        ("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "UNKNOWN", "backendError"),
        Verdict.TRY_AGAIN,
    ),
    **dict.fromkeys(
        ("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE", "ALREADY_EXISTS", "UNIMPLEMENTED"),
        Verdict.REJECTED,
    ),
}
"""What a canonical status means, and the reasons that say more: quotas arrive as 403 PERMISSION_DENIED too."""

CODES: Mapping[str, str] = {
    "UNAUTHENTICATED": "The access token was refused; a new one is fetched, then the refresh token must be renewed.",
    "PERMISSION_DENIED": "The user behind the refresh token has no access to this account or list.",
    "RESOURCE_EXHAUSTED": "The quota is used up; it waits.",
    "INVALID_ARGUMENT": "Google refused the request as it is.",
    "NOT_FOUND": "Google does not know what was asked for; look at the ids.",
    "INTERNAL": "An error at Google; it is tried again.",
    "UNAVAILABLE": "Google is temporarily unavailable; it is tried again.",
    "DEADLINE_EXCEEDED": "Google took too long; it is tried again.",
    "SERVICE_DISABLED": "The API is not enabled in the OAuth client's Google Cloud project.",
}
"""The codes that every Google API shares."""

REASONS: Mapping[Verdict, Reason] = {
    Verdict.THROTTLED: Reason.THROTTLED,
    Verdict.TRY_AGAIN: Reason.PARTNER_UNAVAILABLE,
    Verdict.UNAUTHORIZED: Reason.UNAUTHORIZED,
    Verdict.MISCONFIGURED: Reason.MISCONFIGURED,
    Verdict.REJECTED: Reason.REJECTED,
    Verdict.SPLIT: Reason.REJECTED,
}


class _Violation(msgspec.Struct):
    field: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    reason: str = ""
    retry_delay: str = ""
    field_violations: list[_Violation] = []


class GoogleError(msgspec.Struct):
    """An error as Google's APIs write it; `errors` is the list of the older ones."""

    code: int = 0
    status: str = ""
    details: list[_Detail] = []
    errors: list[_Detail] = []

    @property
    def reason(self) -> str:
        """The reason of `ErrorInfo`, or of the older list; else the canonical status."""
        return next((one.reason for one in (*self.details, *self.errors) if one.reason), self.status)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that Google calls wrong."""
        return tuple(violation.field for detail in self.details for violation in detail.field_violations)

    @property
    def retry_delay(self) -> float | None:
        """The wait that `RetryInfo` asks for, in seconds."""
        text = next((detail.retry_delay for detail in self.details if detail.retry_delay), "").removesuffix("s")
        return min(float(text), MAX_RETRY_AFTER_SECONDS) if text.replace(".", "", 1).isdecimal() else None


class _Envelope(msgspec.Struct):
    error: GoogleError | None = None


def google_error(response: PartnerResponse) -> GoogleError | None:
    """The error that an answer holds, if it holds one; some calls wrap it into a list."""
    try:
        found = msgspec.json.decode(response.body, type=_Envelope | list[_Envelope], strict=False)
    except msgspec.MsgspecError:
        return None
    envelope = found[0] if isinstance(found, list) and found else found
    return envelope.error if isinstance(envelope, _Envelope) else None


def classify_google_error(
    response: PartnerResponse, now: datetime, verdicts: Mapping[str, Verdict] = VERDICTS
) -> Classification:
    """What a refusal means: by the error's reason, else by its status, else by the HTTP status."""
    error = google_error(response)
    if error is None:
        return unreadable(response, now)
    code = error.reason or str(response.status)
    verdict = verdicts.get(code) or verdicts.get(error.status) or classify_by_status(response, now).verdict
    if verdict is Verdict.ACCEPTED:
        verdict = Verdict.REJECTED
    wait = retry_after_seconds(response.headers, now) or error.retry_delay
    if verdict is Verdict.THROTTLED:
        wait = max(wait or 0.0, THROTTLED_SECONDS)
    return Classification(verdict, REASONS.get(verdict), code, wait if verdict in _WAITS else None)


_WAITS = (Verdict.THROTTLED, Verdict.TRY_AGAIN)


def check_response(
    response: PartnerResponse, sent: Batch, verdicts: Mapping[str, Verdict] = VERDICTS
) -> tuple[Classification, ...]:
    """What the answer to a connection test means."""
    if 200 <= response.status < 300 and google_error(response) is None:
        return (ACCEPTED,)
    return (classify_google_error(response, sent.now, verdicts),)


def unreadable(response: PartnerResponse, now: datetime) -> Classification:
    """An answer that is not what Google writes: a proxy's page, or success without its content."""
    if 200 <= response.status < 300:
        wait = retry_after_seconds(response.headers, now)
        return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status), wait)
    return classify_by_status(response, now)
