"""What the Kafka client reports, in our own words: an answer with Kafka's own code, or why there was none."""

import msgspec
from confluent_kafka import KafkaError

from connectors.kit.exchange import Answer, PartnerResponse, TransportError, TransportErrorKind

_AS_IN_THE_PROTOCOL = {
    KafkaError.MSG_SIZE_TOO_LARGE: "MESSAGE_TOO_LARGE",
    KafkaError.NOT_LEADER_FOR_PARTITION: "NOT_LEADER_OR_FOLLOWER",
    KafkaError.TOPIC_EXCEPTION: "INVALID_TOPIC_EXCEPTION",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "UNKNOWN_TOPIC_OR_PARTITION",
    KafkaError._AUTHENTICATION: "SASL_AUTHENTICATION_FAILED",
    KafkaError._UNKNOWN_PARTITION: "UNKNOWN_TOPIC_OR_PARTITION",
    KafkaError._UNKNOWN_TOPIC: "UNKNOWN_TOPIC_OR_PARTITION",
}
"""The codes that librdkafka names differently than the protocol does, and its own ones that say the same."""

_STATUSES = {
    "SASL_AUTHENTICATION_FAILED": 401,
    "UNSUPPORTED_SASL_MECHANISM": 401,
    "ILLEGAL_SASL_STATE": 401,
    "TOPIC_AUTHORIZATION_FAILED": 403,
    "CLUSTER_AUTHORIZATION_FAILED": 403,
    "UNKNOWN_TOPIC_OR_PARTITION": 404,
    "INVALID_TOPIC_EXCEPTION": 404,
    "MESSAGE_TOO_LARGE": 413,
    "INVALID_RECORD": 422,
    "POLICY_VIOLATION": 422,
    "THROTTLING_QUOTA_EXCEEDED": 429,
}
"""Kafka has no statuses: these are for people who read attempts."""

_TRANSPORT = {
    KafkaError._ALL_BROKERS_DOWN: TransportErrorKind.CONNECTION_REFUSED,
    KafkaError._PURGE_INFLIGHT: TransportErrorKind.CONNECTION_LOST,
    KafkaError._PURGE_QUEUE: TransportErrorKind.CONNECTION_LOST,
    KafkaError._QUEUE_FULL: TransportErrorKind.CONNECTION_LOST,
    KafkaError._DESTROY: TransportErrorKind.CONNECTION_LOST,
    KafkaError._FATAL: TransportErrorKind.CONNECTION_LOST,
    KafkaError._RESOLVE: TransportErrorKind.NAME_NOT_FOUND,
    KafkaError._SSL: TransportErrorKind.TLS_INVALID,
    KafkaError._TRANSPORT: TransportErrorKind.CONNECTION_LOST,
    KafkaError._INVALID_ARG: TransportErrorKind.REQUEST_INVALID,
}
_SAYS_WHY = frozenset((KafkaError._AUTHENTICATION, KafkaError._RESOLVE, KafkaError._SSL, KafkaError._ALL_BROKERS_DOWN))


def explains(error: KafkaError) -> bool:
    """True for an error of the connection that tells why messages then end as timed out."""
    return error.code() in _SAYS_WHY


def translate(error: KafkaError, duration_ms: int) -> Answer:
    """An error of Kafka's as an answer, one of the client's as none."""
    code = error.code()
    name = _AS_IN_THE_PROTOCOL.get(code, error.name())
    if code >= 0 or code in _AS_IN_THE_PROTOCOL:
        return answer(_STATUSES.get(name, 503), {"error": name, "detail": error.str()[:500]}, duration_ms)
    kind = _TRANSPORT.get(code, TransportErrorKind.TIMEOUT)
    return TransportError(kind, f"Kafka: {error.str()[:500]}", duration_ms)


def answer(status: int, content: dict[str, object], duration_ms: int) -> PartnerResponse:
    """An answer as the other senders give it."""
    headers = {"content-type": "application/json"}
    return PartnerResponse(status, headers, msgspec.json.encode(content), duration_ms=duration_ms)
