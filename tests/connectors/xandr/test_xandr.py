"""A file holds only what the format allows, goes only to Xandr's own hosts, and odd answers end in a meaning."""

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from connectors.catalog.xandr.declaration import CONNECTOR
from connectors.catalog.xandr.settings import SyncSegmentFields, XandrSettings
from connectors.kit.classification import Verdict
from connectors.kit.declaration import JOINED, Batch, Row, Token
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason
from tests.support.events import NOON

ACCESS = {"username": "ada-api", "password": "secret-password", "member_id": "456"}
SETTINGS = XandrSettings(**ACCESS)
FIELDS = SyncSegmentFields(segment_id="10000")
BY_FILE, AT_ONCE = CONNECTOR.actions
UPLOAD = "https://data-api-gslb.adnxs.net/segment-upload/JFY8"


def row(number=1, **mapped):
    return Row(f"dlv_{number}", f"p-{number}", JOINED, NOON, {}, mapped or {"xandr_id": str(number)})


def batch(*rows, **changes):
    return replace(Batch(rows, JOINED, NOON, "bat_1", "t0ken"), **changes)


NOW = int(NOON.timestamp())


def ticket(**content):
    return msgspec.json.encode({"job": "JFY8", **content}).decode()


def upload(settings=SETTINGS, url=UPLOAD, fields=FIELDS, rows=None):
    return BY_FILE.continue_(settings, fields, batch(*(rows or [row()]), ticket=ticket(upload_url=url, begun_at=NOW)))


def answer(content, status=200):
    return PartnerResponse(status, {}, msgspec.json.encode({"response": content}))


@pytest.mark.parametrize(
    "mapped",
    [
        {"xandr_id": "1,2:3"},
        {"xandr_id": "1\n2"},
        {"xandr_id": "0"},
        {"xandr_id": "Zoë"},
        {"idfa": "00000000-0000-0000-0000-000000000000"},
        {"aaid": "x" * 50_000},
        {"xandr_id": None, "idfa": "", "aaid": "李雷"},
    ],
)
def test_what_is_no_id_never_reaches_a_line(mapped):
    assert BY_FILE.refuse(SETTINGS, FIELDS, row(**mapped)) is Reason.NO_IDENTIFIER
    with pytest.raises(CannotRender):
        upload(rows=[row(**mapped)])


def test_a_large_file_has_a_line_per_person():
    lines = upload(rows=[row(number) for number in range(1, 20_001)]).body.decode("latin-1").split("\n")
    assert (len(lines), lines[-1]) == (20_000, "20000,10000:0")


def test_the_token_is_sent_to_the_api_and_not_with_the_file():
    assert dict(BY_FILE.render(SETTINGS, FIELDS, batch(row())).headers)["Authorization"] == "t0ken"
    assert "t0ken" not in str(upload())


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x", "http://a.adnxs.net/x", "https://adnxs.net.evil.example/x", "https://xadnxs.net/x"],
)
def test_a_file_goes_to_no_other_host_than_xandrs(url):
    with pytest.raises(InvalidSettings, match="upload"):
        upload(url=url)


def test_with_an_upload_address_files_go_there_under_the_path_that_xandr_names():
    gateway = XandrSettings(**ACCESS, upload_url="http://127.0.0.1:9/xandr/")
    assert upload(gateway).url == "http://127.0.0.1:9/xandr/segment-upload/JFY8"


def test_tickets_are_small_and_hold_no_secret():
    job = {"status": "OK", "batch_segment_upload_job": {"job_id": "JFY8", "upload_url": UPLOAD}}
    (found,) = BY_FILE.classify(answer(job), batch(row()))
    assert msgspec.json.decode(found.ticket) == {"job": "JFY8", "upload_url": UPLOAD, "begun_at": NOW}
    job["batch_segment_upload_job"]["upload_url"] = UPLOAD + "x" * 3000
    (found,) = BY_FILE.classify(answer(job), batch(row()))
    assert (found.verdict, found.ticket) == (Verdict.TRY_AGAIN, None)


@pytest.mark.parametrize(
    ("age", "call"), [(240, UPLOAD), (241, "https://api.appnexus.com/batch-segment?member_id=456")]
)
def test_a_file_that_would_come_too_late_has_a_job_of_its_own(age, call):
    sent = batch(row(), ticket=ticket(upload_url=UPLOAD, begun_at=NOW - age))
    assert BY_FILE.continue_(SETTINGS, FIELDS, sent).url == call


def test_only_a_job_whose_file_is_there_is_gone_on_with():
    assert BY_FILE.goes_on(ticket())
    assert not BY_FILE.goes_on(ticket(upload_url=UPLOAD, begun_at=NOW))


@pytest.mark.parametrize("job", [None, [], "job", {"phase": 7}, {"phase": []}, {"phase": "completed", "num_valid": {}}])
def test_a_job_that_cannot_be_read_is_asked_again(job):
    found = BY_FILE.classify(answer({"status": "OK", "batch_segment_upload_job": job}), batch(row(), ticket=ticket()))
    assert [one.verdict for one in found] == [Verdict.ACCEPTED_LATER]


def test_a_sign_in_gives_a_token_for_two_hours():
    assert CONNECTOR.token.read(answer({"status": "OK", "token": "t0ken"})) == Token("t0ken", 7200.0)
    assert CONNECTOR.token.render(SETTINGS, NOON, None).secrets == ("secret-password",)


def test_a_format_with_segment_codes_needs_one():
    settings = XandrSettings(**ACCESS, segment_fields="SEG_CODE,EXPIRATION")
    with pytest.raises(InvalidSettings, match="segment code"):
        upload(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"separators": ",;:#"},
        {"separators": ",,:#^"},
        {"separators": ",;:#-"},
        {"separators": ",;:#a"},
        {"separators": ",;:#é"},
        {"segment_fields": "SEG_ID"},
        {"segment_fields": "EXPIRATION"},
        {"segment_fields": "SEG_ID,EXPIRATION,SEG_ID"},
        {"segment_fields": "SEG_ID,EXPIRATION,NAME"},
        {"member_id": "456&x=1"},
    ],
)
def test_a_format_that_xandr_does_not_know_is_refused(settings):
    with pytest.raises(ValidationError) as raised:
        XandrSettings(**{**ACCESS, **settings})
    assert raised.value.error_count() == 1
