"""Files of segment memberships: lines in a format agreed on with the platform, and what its job says became of them.

https://learn.microsoft.com/xandr/digital-platform-api/batch-segment-service-file-format
Phases of a job and their times, and what it counts:
https://learn.microsoft.com/xandr/digital-platform-api/troubleshooting-bss-uploads
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator

from connectors.kit.declaration import Batch
from connectors.kit.errors import InvalidSettings
from connectors.kit.tickets import ticket_of

FIELDS = ("SEG_ID", "SEG_CODE", "MEMBER_ID", "EXPIRATION", "VALUE", "TIMESTAMP")
COUNTS = (
    *("num_unauth_segment", "num_inactive_segment", "num_invalid_segment", "num_invalid_format"),
    *("num_invalid_user", "num_invalid_timestamp", "num_past_expiration", "num_other_error"),
)
"""What a job counts of lines that it did not take."""

START_SECONDS = 240
"""An upload must begin within five minutes of its job: a minute is left for the token and the way."""

_NO_SEPARATORS = re.compile(r"[A-Za-z0-9\s\[\](){}$\\/|?*+-]")
_LOG_LINE = re.compile(r"(num_[a-z]+_[a-z]+)-([0-9A-Za-z-]+)")


def _separators_separate(separators: str) -> str:
    if len(set(separators)) != 5 or _NO_SEPARATORS.search(separators) or not separators.isascii():
        raise ValueError("Five different characters, none of them a letter, a digit, a blank or [](){}$\\/|?*+-.")
    return separators


def _fields_are_known(text: str) -> str:
    fields = text.replace(" ", "").upper().split(",")
    if not set(fields) <= set(FIELDS) or len(set(fields)) != len(fields):
        raise ValueError(f"The fields are {', '.join(FIELDS)}, each at most once.")
    if "EXPIRATION" not in fields or not {"SEG_ID", "SEG_CODE"} & set(fields):
        raise ValueError("EXPIRATION is needed, and SEG_ID or SEG_CODE.")
    return ",".join(fields)


Separators = Annotated[str, AfterValidator(_separators_separate)]
"""Five different characters that cannot stand in an id; they come before segments, between them, and so on."""

SegmentFields = Annotated[str, AfterValidator(_fields_are_known)]
"""Known fields with commas between them, each once, that name the segment and can remove."""


def segment_line(separators: str, fields: str, user: str, values: Mapping[str, str | None], domain: str | None) -> str:
    """One person's membership of one segment; raises `InvalidSettings` when a field of the format has no value."""
    after_user, _, between_fields, _, before_domain = tuple(separators)
    parts = [values[name] for name in fields.split(",")]
    if None in parts:
        raise InvalidSettings("The file format has SEG_CODE, and the action has no segment code.")
    line = f"{user}{after_user}{between_fields.join(filter(None, parts))}"
    return f"{line}{before_domain}{domain}" if domain else line


class FileTicket(msgspec.Struct, frozen=True, omit_defaults=True):
    """The job of a file; until the file is there, the address that is good for this one, and since when (unix time)."""

    job: str
    upload_url: str | None = None
    begun_at: int = 0


def goes_on(ticket: str) -> bool:
    """False until the file is there: an address that a file may have been sent to is not used again."""
    known = ticket_of(ticket, FileTicket)
    return known is None or known.upload_url is None


def ticket_at_work(batch: Batch) -> FileTicket | None:
    """The job of the batch; `None` when there is none yet, or when it is too late for its file."""
    ticket = ticket_of(batch.ticket, FileTicket)
    if ticket is None or ticket.upload_url is None:
        return ticket
    return ticket if batch.now.timestamp() <= ticket.begun_at + START_SECONDS else None


class SegmentJob(msgspec.Struct):
    """A job as the platform shows it; `counts` are of lines that were not taken."""

    job_id: str = ""
    upload_url: str | None = None
    phase: str = ""
    error_code: str | int | None = None
    error_log_lines: str | None = None
    num_valid: int | None = None
    counts: dict[str, int] = {}

    def codes_of_users(self) -> dict[str, str]:
        """For each user whom the log of bad lines names, why their line was not taken."""
        found = _LOG_LINE.findall(self.error_log_lines or "")
        return {user.lower(): code for code, user in found if code in COUNTS}


def read_job(shown: Any) -> SegmentJob:
    """The job of an answer, alone or as the one in a list; an empty one when it cannot be read."""
    job = shown[0] if isinstance(shown, list) and shown else shown
    counts = {name: job[name] for name in COUNTS if job.get(name)} if isinstance(job, dict) else {}
    try:
        return msgspec.convert({**job, "counts": counts}, SegmentJob, strict=False)
    except (msgspec.ValidationError, TypeError):
        return SegmentJob()
