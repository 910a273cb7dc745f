"""A full batch's answer, even when everything in it was refused, fits what the sender reads of an answer."""

import json

import pytest

from connectors.catalog.cm360.declaration import CONNECTOR as CM360
from connectors.catalog.google_ads_customer_match.declaration import CONNECTOR as GOOGLE_ADS
from connectors.catalog.linkedin.declaration import CONNECTOR as LINKEDIN
from connectors.kit.classification import Verdict
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.exchange import PartnerResponse
from tests.support.events import NOON

READ_OF_AN_ANSWER = 128 * 1024


def linkedin(rows):
    error = {"message": "Not a valid SHA256_EMAIL", "status": 400}
    return {"elements": [{"status": 400, "error": error}] * rows}


def cm360(rows):
    status = {"kind": "dfareporting#conversionStatus", "errors": [{"code": "INVALID_ARGUMENT"}]}
    return {"hasFailures": True, "status": [status] * rows}


def data_manager(rows):
    reason = "PROCESSING_ERROR_REASON_INVALID_FORMAT"
    counts = [{"reason": reason, "recordCount": str(rows), "recordIndices": list(range(rows))}]
    status = {"requestStatus": "PARTIAL_SUCCESS", "errorInfo": {"errorCounts": counts}}
    return {"requestStatusPerDestination": [status]}


@pytest.mark.parametrize(
    ("type_", "answer", "ticket"),
    [(LINKEDIN, linkedin, None), (CM360, cm360, None), (GOOGLE_ADS, data_manager, "0/req-1")],
    ids=["linkedin", "cm360", "google_ads_customer_match"],
)
def test_the_answer_to_a_full_batch_can_be_read(type_, answer, ticket):
    action = type_.actions[0]
    count = action.batch.max_rows
    body = json.dumps(answer(count)).encode()
    rows = tuple(
        Row(f"dlv_{number}", f"p-{number}", JOINED, NOON, {}, {}, ticket=ticket and f"{number}/req-1")
        for number in range(count)
    )
    found = (action.classify or type_.classify)(
        PartnerResponse(200, {}, body), Batch(rows, JOINED, NOON, "bat_1", ticket=ticket)
    )
    assert len(body) < READ_OF_AN_ANSWER
    assert [one.verdict for one in found] == [Verdict.REJECTED] * count
