"""What an object store's answers mean: by the code in its XML, for which its status is too coarse.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re

from connectors.kit.answers import for_all
from connectors.kit.classification import Classification, classify_by_status
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts

CODES = read_facts(__package__).codes

_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,80})</Code>")


def store_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows: a file is stored whole or not at all."""
    return for_all(_meaning(response, sent), sent)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    found = _CODE.search(response.body)
    plain = classify_by_status(response, sent.now)
    return plain if found is None else CODES.refusal(response, sent, found[1].decode(), otherwise=plain.verdict)
