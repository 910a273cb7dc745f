"""Google's Data Manager API: members of an audience become a job, and the job is asked how it ended.

Shared by Google Ads and Display & Video 360. Calls and fields: the discovery document of `datamanager` v1; limits and
results: https://developers.google.com/data-manager/api/devguides/diagnostics
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from connectors.kit.classification import ACCEPTED, Classification, Verdict
from connectors.kit.declaration import Batch, BatchRule, Limits, Row
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.kit.google_access import (
    CODES,
    REASONS,
    VERDICTS,
    check_response,
    classify_google_error,
    google_error,
    unreadable,
)
from connectors.kit.google_customer_match import Consent, CustomerMatchFields, member
from connectors.kit.json_request import bearer_request
from connectors.records.delivery import Reason

API_URL = "https://datamanager.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/datamanager"
API_VERSION = "v1"
ERROR_DOCUMENTATION = "https://developers.google.com/data-manager/api/reference/rest/v1/ErrorReason"
BATCH = BatchRule(max_rows=10_000, max_age_seconds=60.0)
LIMITS = Limits(requests_per_second=5.0)
"""300 requests a minute per project; 100,000 a day is left to Google to say."""

RESULT_AFTER_SECONDS = 1800.0
"""Google asks to wait half an hour before the first question, and between questions."""

ASK_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """One account at Google: its kind in Google's words, and its number."""

    kind: str
    id: str

    def as_json(self) -> dict[str, str]:
        """As a destination names it."""
        return {"accountType": self.kind, "accountId": self.id}

    @property
    def path(self) -> str:
        """As addresses and headers name it."""
        return f"accountTypes/{self.kind}/accounts/{self.id}"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API is reached, whose audiences are changed, and by whom when that is another account."""

    api_url: str
    account: Account
    login: Account | None = None


def change_members(access: Access, fields: CustomerMatchFields, batch: Batch) -> PartnerRequest:
    """Adds the people of a batch to the list, or takes them off it; Google answers with the id of a job."""
    destination: dict[str, Any] = {
        "operatingAccount": access.account.as_json(),
        "productDestinationId": fields.audience_id,
    }
    if access.login is not None:
        destination["loginAccount"] = access.login.as_json()
    body: dict[str, Any] = {
        "destinations": [destination],
        "audienceMembers": [member(fields, row.mapped) for row in batch.rows],
        "encoding": "HEX",
    }
    if not batch.change.removes:
        body |= _permissions(fields)
    call = "remove" if batch.change.removes else "ingest"
    url = f"{access.api_url}/{API_VERSION}/audienceMembers:{call}"
    return bearer_request("POST", url, batch.access_token, body)


def ask_result(access: Access, batch: Batch) -> PartnerRequest:
    """Asks how a job ended; a ticket is the row's place in the job, a slash, and the job's id."""
    request_id = (batch.ticket or "").partition("/")[2]
    url = f"{access.api_url}/{API_VERSION}/requestStatus:retrieve?requestId={quote(request_id, safe='')}"
    return bearer_request("GET", url, batch.access_token)


def list_audiences(access: Access, access_token: str | None) -> PartnerRequest:
    """The connection test: one of the account's lists, which takes the same access as changing one."""
    headers = (("login-account", access.login.path),) if access.login is not None else ()
    url = f"{access.api_url}/{API_VERSION}/{access.account.path}/userLists?pageSize=1"
    return bearer_request("GET", url, access_token, headers=headers)


def _permissions(fields: CustomerMatchFields) -> dict[str, Any]:
    said = {"adUserData": fields.ad_user_data, "adPersonalization": fields.ad_personalization}
    consent = {name: f"CONSENT_{value.name}" for name, value in said.items() if value is not Consent.UNSPECIFIED}
    terms = fields.terms_accepted and {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
    return {**({"consent": consent} if consent else {}), **({"termsOfService": terms} if terms else {})}


DATA_MANAGER_VERDICTS: Mapping[str, Verdict] = {
    **VERDICTS,
    "INTERNAL_ERROR": Verdict.TRY_AGAIN,
    "TOO_MANY_AUDIENCE_MEMBERS": Verdict.SPLIT,
    **dict.fromkeys(
        (
            *("NOT_FOUND", "INVALID_USER_LIST_ID", "INVALID_USER_LIST_TYPE", "INVALID_DESTINATION"),
            *("OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH", "DESTINATION_ACCOUNT_TYPE_MISMATCH"),
            *("TERMS_AND_CONDITIONS_NOT_SIGNED", "ADVERTISER_TOS_NOT_ACCEPTED", "NOT_ALLOWLISTED"),
            "ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA",
            "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED",
        ),
        Verdict.MISCONFIGURED,
    ),
    "DATA_PARTNER_USER_LIST_MUTATE_NOT_ALLOWED": Verdict.UNAUTHORIZED,
}
"""https://developers.google.com/data-manager/api/reference/rest/v1/ErrorReason; what is not listed goes by status."""

DATA_MANAGER_CODES: Mapping[str, str] = {
    **{code: CODES[code] for code in ("UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED")},
    **{code: CODES[code] for code in ("INVALID_ARGUMENT", "NOT_FOUND", "UNAVAILABLE", "DEADLINE_EXCEEDED")},
    "INTERNAL_ERROR": "An error at Google; it is tried again.",
    "REQUIRED_FIELD_MISSING": "A value that Google requires is missing.",
    "INVALID_FORMAT": "A value has not the form that Google wants.",
    "INVALID_POSTAL_CODE": "A postal code is not valid in its country.",
    "INVALID_MOBILE_ID_FORMAT": "A mobile advertising id is not valid.",
    "INVALID_AUDIENCE_MEMBER": "A person's data is not valid; the batch is halved to find whose.",
    "INVALID_USER_LIST_ID": "The list does not exist in this account.",
    "INVALID_USER_LIST_TYPE": "The list takes another kind of members; look at the action's kind of members.",
    "INVALID_DESTINATION": "The account and the list do not fit together.",
    "TOO_MANY_AUDIENCE_MEMBERS": "Too many people in one request; the batch is halved.",
    "MULTIPLE_DATA_TYPES_NOT_ALLOWED": "One request held several kinds of members.",
    "NO_IDENTIFIERS_PROVIDED": "A person came without any data to be recognised by.",
    "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH": "The login account does not manage the account of the list.",
    "DESTINATION_ACCOUNT_TYPE_MISMATCH": "The account is not of the kind that the settings say.",
    "DATA_PARTNER_USER_LIST_MUTATE_NOT_ALLOWED": "The data partner may not change lists of this account.",
    "TERMS_AND_CONDITIONS_NOT_SIGNED": "The Customer Match terms have not been accepted.",
    "ADVERTISER_TOS_NOT_ACCEPTED": "The advertiser has not accepted Google's terms.",
    "NOT_ALLOWLISTED": "The account is not allowed to use this feature.",
    "ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA": "The advertiser may not upload data of people.",
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": "Declare in the account whether it does political advertising.",
    "DENIED_CONSENT": "The person's consent was sent as denied.",
    "NO_CONSENT": "The person's consent was not sent, and Google requires it for them.",
}
"""Reasons of refused requests, and of rows that a job could not process."""

PROCESSING = "PROCESSING_ERROR_REASON_"


class _Job(msgspec.Struct, rename="camel"):
    request_id: str = ""


class _ErrorCount(msgspec.Struct, rename="camel"):
    reason: str = ""
    record_count: int = 0
    record_indices: list[int] = []

    @property
    def code(self) -> str:
        """The reason without the words that all reasons begin with."""
        return self.reason.removeprefix(PROCESSING)


class _ErrorInfo(msgspec.Struct, rename="camel"):
    error_counts: list[_ErrorCount] = []


class _Destination(msgspec.Struct, rename="camel"):
    request_status: str = ""
    error_info: _ErrorInfo = msgspec.field(default_factory=_ErrorInfo)


class _Result(msgspec.Struct, rename="camel"):
    request_status_per_destination: list[_Destination] = []


_Answer = TypeVar("_Answer", _Job, _Result)


def audiences_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """What the answer to `list_audiences` means."""
    return check_response(response, sent, DATA_MANAGER_VERDICTS)


def members_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """What the answers to `change_members` and `ask_result` mean: a job's id at first, later how the job ended."""
    if sent.ticket is not None:
        return _result(response, sent)
    rows = len(sent.rows)
    if not 200 <= response.status < 300:
        return (_refusal(response, sent),) * rows
    request_id = _decode(response, _Job).request_id
    if not request_id:
        return (unreadable(response, sent.now),) * rows
    return tuple(_later(f"{number}/{request_id}") for number in range(rows))


def _later(ticket: str, seconds: float = RESULT_AFTER_SECONDS) -> Classification:
    return Classification(Verdict.ACCEPTED_LATER, ticket=ticket, retry_after=seconds)


def _refusal(response: PartnerResponse, sent: Batch) -> Classification:
    found = classify_google_error(response, sent.now, DATA_MANAGER_VERDICTS)
    error = google_error(response)
    of_a_row = error is not None and any(
        field.startswith(("audience_members", "audienceMembers")) for field in error.fields
    )
    splits = found.verdict is Verdict.SPLIT or (found.verdict is Verdict.REJECTED and of_a_row)
    if not splits:
        return found
    # One person with bad data fails the whole request: https://developers.google.com/data-manager/api ("fast-fail").
    verdict = Verdict.SPLIT if len(sent.rows) > 1 else Verdict.REJECTED
    return Classification(verdict, Reason.REJECTED, found.partner_code)


def _result(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    if not 200 <= response.status < 300:
        return _result_unknown(classify_google_error(response, sent.now, DATA_MANAGER_VERDICTS), sent)
    destinations = _decode(response, _Result).request_status_per_destination
    if not destinations:
        return _result_unknown(unreadable(response, sent.now), sent)
    ended = destinations[0]
    counts = ended.error_info.error_counts
    match ended.request_status:
        case "SUCCESS":
            return (ACCEPTED,) * len(sent.rows)
        case "FAILED" | "FAILURE":  # the API's own enum says the first, its guide the second
            return (_failed(counts[0].code if counts else "FAILED"),) * len(sent.rows)
        case "PARTIAL_SUCCESS":
            return _partly(counts, sent)
        case _:
            return tuple(_later(row.ticket or sent.ticket or "") for row in sent.rows)


def _result_unknown(found: Classification, sent: Batch) -> tuple[Classification, ...]:
    """A question that failed for now is asked again, so that the people are not sent twice."""
    if found.verdict not in (Verdict.THROTTLED, Verdict.TRY_AGAIN):
        return (found,) * len(sent.rows)
    wait = max(found.retry_after or 0.0, ASK_AGAIN_SECONDS)
    return tuple(_later(row.ticket or sent.ticket or "", wait) for row in sent.rows)


def _partly(counts: list[_ErrorCount], sent: Batch) -> tuple[Classification, ...]:
    reasons = {number: count.code for count in counts for number in count.record_indices}
    said = ", ".join(f"{count.record_count} {count.code}" for count in counts)
    unnamed = Classification(Verdict.ACCEPTED, detail=f"Of the whole job, Google did not take: {said}")
    numbers = (_number(row) for row in sent.rows)
    if not reasons:
        return (unnamed,) * len(sent.rows)
    return tuple(
        unnamed if number is None else _failed(reasons[number]) if number in reasons else ACCEPTED for number in numbers
    )


def _number(row: Row) -> int | None:
    """The row's place in the job: rows of a job may be asked for apart, after a restart."""
    number = (row.ticket or "").partition("/")[0]
    return int(number) if number.isdecimal() else None


def _failed(code: str) -> Classification:
    verdict = Verdict.TRY_AGAIN if code == "INTERNAL_ERROR" else Verdict.REJECTED
    return Classification(verdict, REASONS[verdict], code)


def _decode(response: PartnerResponse, type_: type[_Answer]) -> _Answer:
    """The answer, or one that says nothing when it is not what Google writes."""
    try:
        return msgspec.json.decode(response.body, type=type_, strict=False)
    except msgspec.MsgspecError:
        return type_()
