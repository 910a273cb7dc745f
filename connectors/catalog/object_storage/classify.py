"""What an object store's answers mean: by the code in its XML, for which its status is too coarse.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re

from connectors.kit.classification import Classification, Verdict, classify_by_status, retry_after_seconds
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

CODES = {
    "AccessDenied": "The key may not put objects there.",
    "AuthorizationHeaderMalformed": "The region is not the bucket's.",
    "EntityTooLarge": "The file is larger than the store takes; the batch is halved.",
    "ExpiredToken": "The session token has ended; give new credentials.",
    "InternalError": "An error at the store; it is tried again.",
    "InvalidAccessKeyId": "The access key does not exist.",
    "InvalidBucketName": "The name of the bucket is not valid.",
    "NoSuchBucket": "The bucket does not exist.",
    "PermanentRedirect": "The bucket is at another endpoint.",
    "RequestTimeTooSkewed": "The worker's clock and the store's differ by more than 15 minutes.",
    "ServiceUnavailable": "The store is not available; it is tried again.",
    "SignatureDoesNotMatch": "The secret access key is not the one of the access key.",
    "SlowDown": "Too many requests for this prefix; it waits.",
}

VERDICTS = {
    **dict.fromkeys(
        ("AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        (Verdict.UNAUTHORIZED, Reason.UNAUTHORIZED),
    ),
    **dict.fromkeys(
        ("AuthorizationHeaderMalformed", "InvalidBucketName", "NoSuchBucket", "PermanentRedirect"),
        (Verdict.MISCONFIGURED, Reason.MISCONFIGURED),
    ),
    **dict.fromkeys(
        ("InternalError", "RequestTimeTooSkewed", "ServiceUnavailable"),
        (Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE),
    ),
    "SlowDown": (Verdict.THROTTLED, Reason.THROTTLED),
    "EntityTooLarge": (Verdict.SPLIT, Reason.REJECTED),
}

_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,80})</Code>")


def store_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: a file is stored whole or not at all."""
    return (_meaning(response, sent),) * (len(sent.rows) or 1)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    found = _CODE.search(response.body)
    if found is None:
        return classify_by_status(response, sent.now)
    code = found[1].decode()
    verdict, reason = VERDICTS.get(code, (None, None))
    if verdict is None:
        plain = classify_by_status(response, sent.now)
        return Classification(plain.verdict, plain.reason, code, plain.retry_after)
    if verdict is Verdict.SPLIT and len(sent.rows) < 2:
        verdict = Verdict.REJECTED
    return Classification(verdict, reason, code, retry_after_seconds(response.headers, sent.now))
