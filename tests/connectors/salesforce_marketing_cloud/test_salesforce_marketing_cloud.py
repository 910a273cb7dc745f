"""A request's results find their rows, whichever rows are asked for; tickets are small; no setting moves the host."""

import msgspec
import pytest
from pydantic import ValidationError

from connectors.catalog.salesforce_marketing_cloud.declaration import CONNECTOR
from connectors.catalog.salesforce_marketing_cloud.settings import MarketingCloudSettings, SyncDataExtensionFields
from connectors.kit.classification import Verdict
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerResponse
from connectors.kit.web_address import split_url
from tests.support.events import NOON

ACCESS = {"client_id": "a-client", "client_secret": "secret-of-the-package"}
SETTINGS = MarketingCloudSettings(subdomain="mc-ada", **ACCESS)
FIELDS = SyncDataExtensionFields(data_extension="a/b?c=ü#")
ACTION = CONNECTOR.actions[0]
REQUEST = "ed0ec06e-dd78-4f30-80b6-07bfc77db289"


def row(number, ticket=None, **mapped):
    return Row(f"dlv_{number}", f"p-{number}", JOINED, NOON, {}, {"row_id": f"k-{number}", **mapped}, None, ticket)


def batch(*rows, token="t0ken"):
    return Batch(rows, JOINED, NOON, "bat_1", token, rows[0].ticket)


def answer(content, status=200):
    return PartnerResponse(status, {}, msgspec.json.encode(content))


def classify(content, *rows, status=200):
    return CONNECTOR.classify(answer(content, status), batch(*rows))


def page(number, size, total, refused=()):
    first = (number - 1) * size
    items = [
        {"status": "Error", "errorCode": "X", "message": "…"} if index in refused else {"status": "OK"}
        for index in range(first, min(first + size, total))
    ]
    return {"page": number, "pageSize": size, "count": total, "items": items}


def run_job(total, size, refused):
    """From the upsert to the end of every row, at a partner whose pages hold `size` rows whatever is asked for."""
    ends, waiting = {}, [row(number) for number in range(total)]
    found = classify({"requestId": REQUEST, "resultMessages": []}, *waiting, status=202)
    content = {"status": {"requestStatus": "Complete", "resultStatus": "Has Errors", "hasErrors": True}}
    for _ in range(total // size + 3):
        waiting = [
            row(int(one.delivery_id.removeprefix("dlv_")), meaning.ticket)
            for one, meaning in zip(waiting, found, strict=True)
            if meaning.verdict is Verdict.ACCEPTED_LATER
        ]
        if not waiting:
            break
        url = ACTION.continue_(SETTINGS, FIELDS, batch(*waiting)).url
        if "results" in url:
            content = page(int(url.partition("?page=")[2]), size, total, refused)
        found = classify(content, *waiting)
        ends |= {one.delivery_id: meaning.verdict for one, meaning in zip(waiting, found, strict=True)}
    return ends


@pytest.mark.parametrize(("total", "size"), [(1, 50), (600, 50), (600, 250), (7, 3)])
def test_every_row_comes_to_its_own_end_over_any_pages(total, size):
    refused = {0, total // 2, total - 1}
    ends = run_job(total, size, refused)
    assert {number for number in range(total) if ends[f"dlv_{number}"] is Verdict.REJECTED} == refused
    assert sum(end is Verdict.ACCEPTED for end in ends.values()) == total - len(refused)


def test_a_row_that_is_asked_for_alone_finds_its_own_result():
    rows = [row(number) for number in range(3)]
    tickets = [one.ticket for one in classify({"requestId": REQUEST}, *rows, status=202)]
    status = {"status": {"requestStatus": "Complete", "resultStatus": "Has Errors", "hasErrors": True}}
    (later,) = classify(status, row(1, tickets[1]))
    (found,) = classify(page(1, 50, 3, refused={1}), row(1, later.ticket))
    assert found.verdict is Verdict.REJECTED


def test_tickets_are_small_and_hold_no_secret():
    found = classify({"requestId": "x" * 5000}, *(row(number) for number in range(2000)), status=202)
    assert max(len(one.ticket) for one in found) < 250
    assert not any("t0ken" in one.ticket or "secret" in one.ticket for one in found)


def test_the_external_key_stays_one_segment_of_the_path():
    url = ACTION.render(SETTINGS, FIELDS, batch(row(1))).url
    assert url.endswith("/data/v1/async/dataextensions/key:a%2Fb%3Fc%3D%C3%BC%23/rows")
    assert split_url(url).host == "mc-ada.rest.marketingcloudapis.com"


def test_mapped_columns_cannot_change_the_key_or_the_membership():
    columns = {"ContactKey": "eve", "InAudience": False, "City": "Zürich", "Visits": 3}
    items = msgspec.json.decode(ACTION.render(SETTINGS, FIELDS, batch(row(1, columns=columns))).body)["items"]
    assert items == [{"ContactKey": "k-1", "InAudience": True, "City": "Zürich", "Visits": 3}]


@pytest.mark.parametrize("columns", ["City", {"City": ["Zürich"]}])
def test_what_no_column_can_hold_is_not_rendered(columns):
    with pytest.raises(CannotRender):
        ACTION.render(SETTINGS, FIELDS, batch(row(1, columns=columns)))


def test_without_a_token_nothing_is_sent():
    with pytest.raises(InvalidSettings):
        ACTION.render(SETTINGS, FIELDS, batch(row(1), token=None))


@pytest.mark.parametrize("subdomain", ["evil.example/", "a.b", "a@b", "a#", "", "ä", "a b"])
def test_a_subdomain_cannot_become_another_host(subdomain):
    with pytest.raises(ValidationError):
        MarketingCloudSettings(subdomain=subdomain, **ACCESS)
