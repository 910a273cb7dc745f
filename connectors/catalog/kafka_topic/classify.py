"""What a Kafka cluster's answers mean: by Kafka's own error code, which the sender puts into the answer.

Codes: https://kafka.apache.org/protocol.html#protocol_error_codes
"""

import msgspec

from connectors.kit.classification import ACCEPTED, Classification, Verdict, classify_by_status
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

CODES = {
    "SASL_AUTHENTICATION_FAILED": "The user or the password is wrong.",
    "UNSUPPORTED_SASL_MECHANISM": "The cluster does not take this kind of authentication.",
    "ILLEGAL_SASL_STATE": "The cluster wants the user to sign in in another way.",
    "TOPIC_AUTHORIZATION_FAILED": "The user may not write to this topic.",
    "CLUSTER_AUTHORIZATION_FAILED": "The user may not write to this cluster.",
    "UNKNOWN_TOPIC_OR_PARTITION": "The topic does not exist.",
    "INVALID_TOPIC_EXCEPTION": "The topic cannot be written to, or its name is not valid.",
    "MESSAGE_TOO_LARGE": "The message is larger than the topic takes.",
    "INVALID_RECORD": "The cluster refused the message.",
    "POLICY_VIOLATION": "A policy of the cluster refused the message.",
    "NOT_ENOUGH_REPLICAS": "Too few copies of the partition are in step; it is tried again.",
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND": "Too few copies of the message were made; it is tried again.",
    "NOT_LEADER_OR_FOLLOWER": "The partition has moved; it is tried again.",
    "KAFKA_STORAGE_ERROR": "A broker's disk failed; it is tried again.",
    "THROTTLING_QUOTA_EXCEEDED": "The user's quota is used up; it waits.",
}

VERDICTS = {
    **dict.fromkeys(
        (
            *("SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE"),
            *("TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"),
        ),
        (Verdict.UNAUTHORIZED, Reason.UNAUTHORIZED),
    ),
    **dict.fromkeys(
        ("UNKNOWN_TOPIC_OR_PARTITION", "INVALID_TOPIC_EXCEPTION"), (Verdict.MISCONFIGURED, Reason.MISCONFIGURED)
    ),
    **dict.fromkeys(("MESSAGE_TOO_LARGE", "INVALID_RECORD", "POLICY_VIOLATION"), (Verdict.REJECTED, Reason.REJECTED)),
    "THROTTLING_QUOTA_EXCEEDED": (Verdict.THROTTLED, Reason.THROTTLED),
}


class _Answer(msgspec.Struct):
    error: str | None = None


def kafka_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows; every other code of Kafka's is one that time may heal."""
    return (_meaning(response, sent),) * (len(sent.rows) or 1)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    try:
        code = msgspec.json.decode(response.body, type=_Answer).error
    except msgspec.MsgspecError:
        return classify_by_status(response, sent.now)
    if code is None:
        return ACCEPTED if response.status == 200 else classify_by_status(response, sent.now)
    verdict, reason = VERDICTS.get(code, (Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE))
    return Classification(verdict, reason, code)
