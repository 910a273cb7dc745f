"""Messages hold whatever a profile holds, access is whole before it is saved, and only Entra ID asks for tokens."""

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from connectors.catalog.azure_event_hubs.declaration import CONNECTOR
from connectors.catalog.azure_event_hubs.settings import EventHubsSettings, SendMessageFields
from connectors.kit.classification import Verdict
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerResponse
from connectors.kit.shared_access_signature import sign
from tests.support.events import NOON

KEY = "c2VjcmV0LWtleQ=="
POLICY = f"Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=patchbay;SharedAccessKey={KEY}"
ENTRA = {
    "authentication": "entra",
    "namespace": "contoso-events",
    "tenant_id": "contoso.example",
    "client_id": "a-client",
    "client_secret": "secret-of-the-client",
    "event_hub": "hub",
}
SETTINGS = EventHubsSettings(connection_string=POLICY, event_hub="hub")
ONE, MANY = CONNECTOR.actions


def row(number=1, **mapped):
    return Row(f"dlv_{number}", f"p-{number}", JOINED, NOON, {}, {"body": {"id": number}, **mapped}, f"e-{number}")


def batch(*rows, **changes):
    return replace(Batch(rows, JOINED, NOON, "bat_1"), **changes)


def messages(request):
    return msgspec.json.decode(request.body)


def test_the_signature_is_for_the_hub_and_good_for_a_quarter_of_an_hour_from_the_attempt():
    request = ONE.render(SETTINGS, SendMessageFields(), batch(row()))
    expected = sign("https://contoso.servicebus.windows.net/hub", "patchbay", KEY, int(NOON.timestamp()) + 900)
    assert dict(request.headers)["Authorization"] == expected
    assert request.secrets == (expected,)


def test_a_gateway_is_called_in_place_of_azure_with_the_signature_for_azure():
    gateway = EventHubsSettings(connection_string=POLICY, event_hub="hub", api_url="http://127.0.0.1:9/azure/")
    request = ONE.render(gateway, SendMessageFields(), batch(row()))
    assert request.url == "http://127.0.0.1:9/azure/hub/messages?timeout=60&api-version=2014-01"
    assert request.headers == ONE.render(SETTINGS, SendMessageFields(), batch(row())).headers


@pytest.mark.parametrize("value", ["Zoë 李雷 🚀 \u202e\x00", "\"'\\{{ }}\r\n", "x" * 500_000, None, [], {"a": None}])
def test_any_value_of_a_profile_comes_back_out_of_the_message(value):
    (message,) = messages(ONE.render(SETTINGS, SendMessageFields(), batch(row(body={"value": value}))))
    assert msgspec.json.decode(message["Body"]) == {"value": value}


def test_a_long_partition_key_becomes_one_of_the_allowed_length_and_equal_ones_stay_equal():
    keys = [
        messages(ONE.render(SETTINGS, SendMessageFields(), batch(row(partition=key))))[0]["BrokerProperties"]
        for key in ("p" * 500, "p" * 500, "q" * 500, "p-1")
    ]
    assert keys[0] == keys[1] != keys[2]
    assert all(len(key["PartitionKey"]) <= 128 for key in keys)
    assert keys[3] == {"PartitionKey": "p-1"}


def test_a_full_batch_is_one_request_and_each_message_has_its_ids():
    rows = [row(number) for number in range(MANY.batch.max_rows)]
    sent = messages(MANY.render(SETTINGS, MANY.fields(), batch(*rows)))
    assert [one["UserProperties"]["delivery_id"] for one in sent] == [one.delivery_id for one in rows]
    assert sent[7]["UserProperties"]["event_id"] == "e-7"


def test_a_property_of_ones_own_cannot_take_the_place_of_the_ids():
    (message,) = messages(ONE.render(SETTINGS, SendMessageFields(), batch(row(properties={"delivery_id": "mine"}))))
    assert message["UserProperties"]["delivery_id"] == "dlv_1"


@pytest.mark.parametrize("mapped", [{"properties": ["a"]}, {"properties": {"a": {}}}])
def test_what_is_no_message_is_not_rendered(mapped):
    with pytest.raises(CannotRender):
        ONE.render(SETTINGS, SendMessageFields(), batch(row(**mapped)))


def test_only_entra_id_asks_for_tokens_and_sends_nothing_without():
    entra = EventHubsSettings(**ENTRA)
    assert not CONNECTOR.token.needed(SETTINGS)
    assert CONNECTOR.token.needed(entra)
    request = ONE.render(entra, SendMessageFields(), batch(row(), access_token="t0ken"))
    assert dict(request.headers)["Authorization"] == "Bearer t0ken"
    assert request.secrets == ("t0ken",)
    with pytest.raises(InvalidSettings):
        ONE.render(entra, SendMessageFields(), batch(row()))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"connection_string": "Endpoint=nonsense", "event_hub": "hub"},
        {"connection_string": POLICY},
        {"connection_string": f"{POLICY};EntityPath=hub?x"},
        {"connection_string": POLICY, "event_hub": "../hub?"},
        {**ENTRA, "namespace": "evil.example/x"},
        {**ENTRA, "tenant_id": "a/b"},
        {**ENTRA, "client_secret": None},
        {**ENTRA, "event_hub": None},
    ],
)
def test_settings_that_do_not_hold_are_refused_without_showing_them(settings):
    with pytest.raises(ValidationError) as raised:
        EventHubsSettings(**settings)
    assert raised.value.error_count() == 1
    assert KEY not in "".join(error["msg"] for error in raised.value.errors())


@pytest.mark.parametrize("tracking", ["40103-aaaa", "aa-50002-bb", "540103", "a40103"])
def test_digits_inside_a_tracking_id_are_no_code(tracking):
    (found,) = CONNECTOR.classify(PartnerResponse(500, {}, f"TrackingId:{tracking}".encode()), batch(row()))
    assert (found.verdict, found.partner_code) == (Verdict.TRY_AGAIN, "500")
