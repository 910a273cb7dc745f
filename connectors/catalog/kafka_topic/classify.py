"""What a Kafka cluster's answers mean: by Kafka's own error code, which the sender puts into the answer.

Codes: https://kafka.apache.org/protocol.html#protocol_error_codes
"""

import msgspec

from connectors.kit.answers import for_all, read_json
from connectors.kit.classification import ACCEPTED, Classification, Verdict, classify_by_status
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts

CODES = read_facts(__package__).codes


class _Answer(msgspec.Struct):
    error: str | None = None


def kafka_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows; every other code of Kafka's is one that time may heal."""
    return for_all(_meaning(response, sent), sent)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    answer = read_json(response, _Answer)
    if answer is None or (answer.error is None and response.status != 200):
        return classify_by_status(response, sent.now)
    if answer.error is None:
        return ACCEPTED
    return CODES.refusal(response, sent, answer.error, otherwise=Verdict.TRY_AGAIN)
