"""What Xandr's answers mean: by the error's own id and code, since errors may come with status 200.

https://learn.microsoft.com/xandr/digital-platform-api/api-semantics
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.catalog.xandr.render import Ticket, ticket_of, user_of
from connectors.kit.classification import (
    ACCEPTED,
    DEFAULT_BY_STATUS,
    Classification,
    Verdict,
    refusal,
    retry_after_seconds,
)
from connectors.kit.declaration import Batch, Token
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

TOKEN_SECONDS = 7200.0
POLL_SECONDS = 120.0
THROTTLED_SECONDS = 60.0
QUOTA_SECONDS = 3600.0

COUNTS: Mapping[str, Verdict] = {
    "num_unauth_segment": Verdict.MISCONFIGURED,
    "num_inactive_segment": Verdict.MISCONFIGURED,
    "num_invalid_segment": Verdict.MISCONFIGURED,
    "num_invalid_format": Verdict.MISCONFIGURED,
    "num_invalid_user": Verdict.REJECTED,
    "num_invalid_timestamp": Verdict.REJECTED,
    "num_past_expiration": Verdict.REJECTED,
}
TOO_MANY = "Too many user_ids in request."
NO_USER = "'user_id' is required and cannot be empty"
NO_SEGMENT = "'seg_id' or 'seg_code' and 'member_id' are required"

CODES = {
    "NOAUTH": "The token is not valid; if it stays so, user name or password is not.",
    "NOAUTH_DISABLED": "The user is disabled.",
    "NOAUTH_EXPIRED": "The password has expired; set a new one at Xandr.",
    "UNAUTH": "The user may not do this for the member.",
    "SYSTEM": "An error at Xandr; it is tried again.",
    "SYSTEM/RATE_EXCEEDED": "The calls of this minute are used up; it waits.",
    "RATE_LIMIT_EXCEEDED": "The member's bytes, lines or time for uploads are used up; it waits an hour.",
    "FILESIZE_LIMIT_EXCEEDED": "The file is too large.",
    "SYNTAX": "The request is malformed.",
    "INTEGRITY": "The request contradicts what is there.",
    "LIMIT": "A limit of the member is reached.",
    "uploading-error": "The file did not arrive; it is sent again with a new job.",
    "num_unauth_segment": "The member has no access to the segment.",
    "num_inactive_segment": "The segment is inactive.",
    "num_invalid_segment": "There is no such segment.",
    "num_invalid_format": "The lines are not in the member's file format; check separators and segment fields.",
    "num_invalid_user": "Xandr does not know this person's id.",
    "num_invalid_timestamp": "The time of the change is not valid.",
    "num_past_expiration": "The membership has expired already.",
    TOO_MANY: "More than 1,000 people in one call; those left out are sent again.",
    NO_USER: "A person has no id.",
    NO_SEGMENT: "The segment is not named.",
}

_VERDICTS: Mapping[str, Verdict] = {
    **dict.fromkeys(("NOAUTH", "NOAUTH_DISABLED", "NOAUTH_EXPIRED", "UNAUTH"), Verdict.UNAUTHORIZED),
    **dict.fromkeys(("SYNTAX", "INTEGRITY", "LIMIT", "FILESIZE_LIMIT_EXCEEDED"), Verdict.REJECTED),
    **dict.fromkeys(("RATE_EXCEEDED", "RATE_LIMIT_EXCEEDED"), Verdict.THROTTLED),
    "SYSTEM": Verdict.TRY_AGAIN,
}
_LOG_LINE = re.compile(r"(num_[a-z]+_[a-z]+)-([0-9A-Za-z-]+)")


class _Job(msgspec.Struct):
    job_id: str = ""
    upload_url: str | None = None
    phase: str = ""
    error_code: str | int | None = None
    error_log_lines: str | None = None
    num_valid: int | None = None


class _Content(msgspec.Struct):
    status: str | None = None
    token: str | None = None
    error_id: str | int | None = None
    error_code: str | int | None = None
    batch_segment_upload_job: Any = None
    warnings: list[Any] | None = None


class _Answer(msgspec.Struct):
    response: _Content


def read_token(response: PartnerResponse) -> Token | Classification:
    """The token of a sign-in. It lives two hours after the last call, and a day at most."""
    content = _read(response)
    if content is not None and content.token and not _is_error(response, content):
        return Token(content.token, TOKEN_SECONDS)
    return _refusal(response, content, None)


def file_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """The steps of a file: the job, the upload, and what became of its lines."""
    content, ticket = _read(response), ticket_of(sent.ticket)
    if content is None or _is_error(response, content):
        found = _refusal(response, content, sent)
        if ticket and not ticket.upload_url and found.verdict in (Verdict.TRY_AGAIN, Verdict.THROTTLED):
            found = _later(ticket, found.retry_after or POLL_SECONDS)
        return (found,) * len(sent.rows)
    if ticket is not None and ticket.upload_url:
        return (_later(Ticket(ticket.job), POLL_SECONDS),) * len(sent.rows)
    job, counts = _job_of(content)
    if ticket is None:
        return (_begun(response, job),) * len(sent.rows)
    if job.phase == "completed":
        return _completed(job, counts, sent)
    found = refusal(Verdict.TRY_AGAIN, str(job.error_code)) if job.phase == "error" else _later(ticket, POLL_SECONDS)
    return (found,) * len(sent.rows)


def instant_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """An answer that is OK names the people that it did not take as warnings."""
    content = _read(response)
    if content is None or _is_error(response, content):
        return (_refusal(response, content, sent),) * (len(sent.rows) or 1)
    refused = dict(filter(None, map(_warned, content.warnings or [])))
    return tuple(refused.get(_user(row.mapped), ACCEPTED) for row in sent.rows) or (ACCEPTED,)


def _job_of(content: _Content) -> tuple[_Job, dict[str, int]]:
    jobs = content.batch_segment_upload_job
    # Data providers get a list with one job in it.
    shown = jobs[0] if isinstance(jobs, list) and jobs else jobs
    try:
        counts = {name: shown[name] for name in COUNTS if shown.get(name)} if isinstance(shown, dict) else {}
        return msgspec.convert(shown, _Job, strict=False), msgspec.convert(counts, dict[str, int], strict=False)
    except msgspec.ValidationError:
        return _Job(), {}


def _begun(response: PartnerResponse, job: _Job) -> Classification:
    if not job.job_id or not job.upload_url or len(job.job_id) + len(job.upload_url) > 1500:
        return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, str(response.status))
    return _later(Ticket(job.job_id, job.upload_url), 0.0)


def _completed(job: _Job, counts: Mapping[str, int], sent: Batch) -> tuple[Classification, ...]:
    if not counts:
        return (ACCEPTED,) * len(sent.rows)
    if not job.num_valid:
        code = max(counts, key=lambda name: counts[name])
        return (refusal(COUNTS[code], code),) * len(sent.rows)
    named = {user.lower(): code for code, user in _LOG_LINE.findall(job.error_log_lines or "") if code in COUNTS}
    # Xandr counts all bad lines and shows the first 200 of them: who is not shown ends as sent, with the counts.
    taken = Classification(Verdict.ACCEPTED, detail=", ".join(f"{name} {count}" for name, count in counts.items()))
    codes = (named.get(_user(row.mapped)) for row in sent.rows)
    return tuple(refusal(COUNTS[code], code) if code else taken for code in codes)


def _warned(warning: Any) -> tuple[str, Classification] | None:
    if not isinstance(warning, dict):
        return None
    entity, message = warning.get("entity"), str(warning.get("message"))[:200]
    user = entity.get("user_id") if isinstance(entity, dict) else entity
    verdict = Verdict.TRY_AGAIN if message == TOO_MANY else Verdict.REJECTED
    return (str(user).lower(), refusal(verdict, message)) if user else None


def _user(mapped: Mapping[str, Any]) -> str:
    user = user_of(mapped)
    return user[0] if user else ""


def _is_error(response: PartnerResponse, content: _Content) -> bool:
    failed = content.status == "ERROR" or content.error_id or content.error_code
    return bool(failed) or not 200 <= response.status < 300


def _refusal(response: PartnerResponse, content: _Content | None, sent: Batch | None) -> Classification:
    names = [str(name) for name in (content.error_id, content.error_code) if name] if content is not None else []
    verdict = next((_VERDICTS[name] for name in reversed(names) if name in _VERDICTS), None)
    wait = retry_after_seconds(response.headers, sent.now) if sent is not None else None
    if verdict is Verdict.THROTTLED or response.status == 429:
        least = QUOTA_SECONDS if "RATE_LIMIT_EXCEEDED" in names else THROTTLED_SECONDS
        return refusal(Verdict.THROTTLED, "/".join(names) or str(response.status), max(wait or 0.0, least))
    if verdict is not None:
        return refusal(verdict, "/".join(names), wait)
    if not 200 <= response.status < 300:
        return refusal(DEFAULT_BY_STATUS.get(response.status, Verdict.REJECTED), str(response.status), wait)
    return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, "/".join(names) or str(response.status))


def _later(ticket: Ticket, wait: float) -> Classification:
    text = msgspec.json.encode(ticket).decode()
    return Classification(Verdict.ACCEPTED_LATER, ticket=text, retry_after=wait)


def _read(response: PartnerResponse) -> _Content | None:
    try:
        return msgspec.json.decode(response.body, type=_Answer, strict=False).response
    except msgspec.MsgspecError:
        return None
