"""Identifiers are hashed as TikTok compares them, each spelling to one hash, and each identifier counts on its own."""

import hashlib

import msgspec
import pytest

from connectors.catalog.tiktok.declaration import CONNECTOR
from connectors.catalog.tiktok.settings import SyncAudienceFields, TikTokSettings
from connectors.kit.declaration import JOINED, Batch, Row
from tests.support.events import NOON

ACTION = CONNECTOR.actions[0]
SETTINGS = TikTokSettings(access_token="t0ken", advertiser_id="7")


def columns(*people, **fields):
    rows = tuple(Row(f"dlv_{number}", "p-1", JOINED, NOON, {}, mapped) for number, mapped in enumerate(people))
    request = ACTION.render(SETTINGS, SyncAudienceFields(audience_id="1", **fields), Batch(rows, JOINED, NOON, "bat_1"))
    body = msgspec.json.decode(request.body)
    return [dict(zip(body["id_schema"], [cell.get("id") for cell in row], strict=True)) for row in body["batch_data"]]


def test_an_advertising_id_has_the_md5_that_rfc_1321_publishes():
    assert columns({"idfa": "ABC"}, device_hash="md5") == [{"IDFA_MD5": "900150983cd24fb0d6963f7d28e17f72"}]


def test_an_advertising_id_has_the_sha_256_that_fips_180_publishes():
    published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert columns({"aaid": " ABC "}) == [{"AAID_SHA256": published}]


@pytest.mark.parametrize("spelling", ["ada@example.org", " Ada+list@Example.ORG", "ada+a+b@example.org"])
def test_every_spelling_of_an_address_has_one_hash(spelling):
    assert columns({"email": spelling}) == [{"EMAIL_SHA256": hashlib.sha256(b"ada@example.org").hexdigest()}]


@pytest.mark.parametrize("name", ["email", "phone", "idfa", "aaid"])
def test_a_hash_is_not_hashed_again_and_one_identifier_is_enough(name):
    digest = hashlib.sha256(name.encode()).hexdigest()
    assert [list(row.values()) for row in columns({name: digest})] == [[digest]]
    row = Row("dlv_1", "p-1", JOINED, NOON, {}, {name: digest})
    assert ACTION.refuse(SETTINGS, SyncAudienceFields(audience_id="1"), row) is None


@pytest.mark.parametrize(("plus", "hashed"), [(True, b"+31612345678"), (False, b"31612345678")])
def test_the_plus_of_a_phone_number_is_as_the_admin_says(plus, hashed):
    digest = hashlib.sha256(hashed).hexdigest()
    assert columns({"phone": "06 12345678"}, plus_before_phone=plus, phone_region="nl") == [{"PHONE_SHA256": digest}]


def test_every_row_of_a_full_batch_has_as_many_columns_as_the_schema():
    people = [{"email": f"ada{number}@example.org"} for number in range(ACTION.batch.max_rows - 1)]
    rows = columns(*people, {"phone": "+31612345678"})
    assert {tuple(row) for row in rows} == {("EMAIL_SHA256", "PHONE_SHA256")}
    assert rows[0]["PHONE_SHA256"] is None
    assert rows[-1]["EMAIL_SHA256"] is None
