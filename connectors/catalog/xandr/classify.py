"""What Xandr's answers mean: by the error's own id and code, since errors may come with status 200.

https://learn.microsoft.com/xandr/digital-platform-api/api-semantics
"""

from typing import Any

from connectors.catalog.xandr.render import user_of
from connectors.kit.answers import for_all, unreadable
from connectors.kit.classification import ACCEPTED, Classification, Verdict, refusal
from connectors.kit.code_table import WAITS
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts
from connectors.kit.segment_file import FileTicket, SegmentJob, read_job, ticket_at_work
from connectors.kit.tickets import later
from connectors.kit.xandr_access import classify_error, content_of

CODES = read_facts(__package__).codes
POLL_SECONDS = 120.0
MAX_ADDRESS = 1500


def file_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """The steps of a file: the job, the upload, and what became of its lines."""
    content, ticket = content_of(response), ticket_at_work(sent)
    if content is None:
        found = classify_error(CODES, response, sent)
        if ticket is not None and not ticket.upload_url and found.verdict in WAITS:
            found = later(ticket, found.retry_after or POLL_SECONDS)
        if ticket is not None and ticket.upload_url and found.verdict is Verdict.UNAUTHORIZED:
            # A file goes without the token: with another one it would go to the same address again.
            found = refusal(Verdict.TRY_AGAIN, found.partner_code)
        return for_all(found, sent)
    if ticket is not None and ticket.upload_url:
        return for_all(later(FileTicket(ticket.job), POLL_SECONDS), sent)
    job = read_job(content.batch_segment_upload_job)
    if ticket is None:
        return for_all(_begun(response, job, sent), sent)
    if job.phase == "completed":
        return _completed(job, sent)
    failed = refusal(Verdict.TRY_AGAIN, str(job.error_code))
    return for_all(failed if job.phase == "error" else later(ticket, POLL_SECONDS), sent)


def instant_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """An answer that is OK names the people that it did not take as warnings."""
    content = content_of(response)
    if content is None:
        return for_all(classify_error(CODES, response, sent), sent)
    refused = dict(filter(None, map(_warned, content.warnings or [])))
    return tuple(refused.get(user, ACCEPTED) for user in _users(sent)) or (ACCEPTED,)


def _begun(response: PartnerResponse, job: SegmentJob, sent: Batch) -> Classification:
    if not job.job_id or not job.upload_url or len(job.job_id) + len(job.upload_url) > MAX_ADDRESS:
        return unreadable(response)
    return later(FileTicket(job.job_id, job.upload_url, int(sent.now.timestamp())))


def _completed(job: SegmentJob, sent: Batch) -> tuple[Classification, ...]:
    if not job.counts:
        return for_all(ACCEPTED, sent)
    if not job.num_valid:
        return for_all(_not_taken(max(job.counts, key=lambda name: job.counts[name])), sent)
    # Xandr counts all bad lines and shows the first 200 of them: who is not shown ends as sent, with the counts.
    taken = Classification(Verdict.ACCEPTED, detail=", ".join(f"{name} {count}" for name, count in job.counts.items()))
    codes = job.codes_of_users()
    return tuple(_not_taken(codes[user]) if user in codes else taken for user in _users(sent))


def _warned(warning: Any) -> tuple[str, Classification] | None:
    if not isinstance(warning, dict):
        return None
    entity, message = warning.get("entity"), str(warning.get("message"))
    user = entity.get("user_id") if isinstance(entity, dict) else entity
    return (str(user).lower(), _not_taken(message)) if user else None


def _not_taken(code: str) -> Classification:
    return refusal(CODES.verdict(code) or Verdict.REJECTED, code)


def _users(sent: Batch) -> list[str]:
    return [(user_of(None, row.mapped) or ("", None))[0] for row in sent.rows]
