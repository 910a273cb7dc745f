"""The payload is the one that Meta's own library builds, and the proof of the app secret is the one it computes."""

import msgspec
import pytest
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.session import FacebookSession

from connectors.catalog.meta_custom_audiences.declaration import CONNECTOR
from connectors.catalog.meta_custom_audiences.render import SCHEMA
from connectors.catalog.meta_custom_audiences.settings import MetaSettings, SyncAudienceFields
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.identifiers import sha256_hex
from tests.support.events import NOON

ACTION = CONNECTOR.actions[0]
FIELDS = SyncAudienceFields(audience_id="23842519000000001")
PERSON = {
    "email": "ada@example.org",
    "phone": "+442079460958",
    "external_id": "crm-1",
    "gender": "f",
    "birth_date": "1815-12-10",
    "first_name": "ada",
    "last_name": "lovelace",
    "city": "london",
    "state": "ca",
    "zip": "94103",
    "country": "gb",
}


def row(number, **mapped):
    return Row(f"dlv_{number}", f"p-{number}", JOINED, NOON, {}, mapped)


def render(*rows, **settings):
    batch = Batch(rows, JOINED, NOON, "bat_1")
    return ACTION.render(MetaSettings(access_token="t0ken", **settings), FIELDS, batch)


def test_the_payload_is_the_one_of_metas_own_library():
    ours = msgspec.json.decode(render(row(1, **PERSON)).body)["payload"]
    year, month, day = PERSON["birth_date"].split("-")
    plain = {
        "EXTERN_ID": PERSON["external_id"],
        "EMAIL": PERSON["email"],
        "PHONE": PERSON["phone"],
        "GEN": PERSON["gender"],
        "DOBY": year,
        "DOBM": month,
        "DOBD": day,
        "FN": PERSON["first_name"],
        "LN": PERSON["last_name"],
        "FI": "a",
        "CT": PERSON["city"],
        "ST": PERSON["state"],
        "ZIP": PERSON["zip"],
        "COUNTRY": PERSON["country"],
    }
    values = [plain[name] for name in ours["schema"]]
    theirs = CustomAudience.format_params(ours["schema"], [values], is_raw=True)["payload"]
    assert ours["schema"] == theirs["schema"]
    assert ours["data"] == [[str(value) for value in person] for person in theirs["data"]]


def test_the_names_of_the_schema_are_metas():
    names = {value for key, value in vars(CustomAudience.Schema.MultiKeySchema).items() if not key.startswith("_")}
    assert set(SCHEMA) <= names


def test_the_proof_of_the_app_secret_is_signed_over_token_and_time():
    request = render(row(1, **PERSON), app_secret="app-secret")
    query = dict(pair.split("=") for pair in request.url.partition("?")[2].split("&"))
    at = query["appsecret_time"]
    # Meta's library signs the bare token; with a time, `token|time` is signed in its place.
    assert query["appsecret_proof"] == FacebookSession("id", "app-secret", f"t0ken|{at}")._gen_appsecret_proof()
    assert at == str(int(NOON.timestamp()))
    assert set(request.secrets) == {"t0ken", query["appsecret_proof"]}


def test_a_full_batch_is_one_request():
    rows = [row(number, email=f"ada+{number}@example.org") for number in range(ACTION.batch.max_rows)]
    payload = msgspec.json.decode(render(*rows).body)["payload"]
    assert payload["schema"] == ["EMAIL"]
    assert payload["data"][-1] == [sha256_hex("ada+9999@example.org")]
    assert len(payload["data"]) == 10_000


def test_a_value_that_is_no_text_cannot_be_rendered():
    with pytest.raises(CannotRender, match="'email'"):
        render(row(1, email=["ada@example.org"]))
    assert msgspec.json.decode(render(row(1, phone=442079460958)).body)["payload"]["schema"] == ["PHONE"]
