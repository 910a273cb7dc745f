"""Signatures are the ones that others compute, and a connection string is read whole or refused without being shown."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, quote_plus

import pytest

from connectors.kit.shared_access_signature import ConnectionString, parse_connection_string, sign

KEY = "AexamplekeyAEXAMPLEKEYAexamplekeyAEXAMPLEKEY="


def test_a_signature_is_the_one_that_the_perl_client_publishes_for_its_example():
    # The expected value is that of Net::Azure::Authorization::SAS, for its example key and time.
    assert sign("https://mysvc.servicebus.windows.net/myentity/messages", "mykey", KEY, 1476065410) == (
        "SharedAccessSignature sr=https%3a%2f%2fmysvc.servicebus.windows.net%2fmyentity%2fmessages"
        "&sig=nQDGh0YxA8O3SFO7SyrmnTK6BnP%2F33KShAbTXFjmYV0%3D&se=1476065410&skn=mykey"
    )


@pytest.mark.parametrize("uri", ["https://contoso.servicebus.windows.net/hub", "https://a.example/ä b/c+d"])
def test_azure_which_signs_what_it_reads_comes_to_the_same_signature(uri):
    kind, _, token = sign(uri, "patchbay", KEY, 1795349730).partition(" ")
    sr = token.split("&")[0].removeprefix("sr=")
    read = {name: values[0] for name, values in parse_qs(token).items()}
    expected = hmac.new(KEY.encode(), (sr + "\n" + read["se"]).encode(), hashlib.sha256).digest()
    assert kind == "SharedAccessSignature"
    assert (read["sr"], read["skn"]) == (uri, "patchbay")
    assert base64.b64decode(read["sig"], validate=True) == expected
    assert sr.upper() == quote_plus(uri).upper().replace("+", "%20")


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        (f"Endpoint=sb://Contoso.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey={KEY}", None),
        (
            f" EntityPath=hub ;SharedAccessKey={KEY};SharedAccessKeyName=a;Endpoint=sb://contoso.servicebus.windows.net",
            "hub",
        ),
    ],
)
def test_a_connection_string_is_read_in_any_order(text, entity):
    assert parse_connection_string(text) == ConnectionString("contoso.servicebus.windows.net", "a", KEY, entity)


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY,
        f"Endpoint=https://contoso.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey={KEY}",
        f"Endpoint=sb://contoso@evil.example/;SharedAccessKeyName=a;SharedAccessKey={KEY}",
        f"Endpoint=sb://contoso.example/path?x;SharedAccessKeyName=a;SharedAccessKey={KEY}",
        f"Endpoint=sb://contoso.example/;SharedAccessKeyName=a\r\nX-Evil: 1;SharedAccessKey={KEY}",
        f"Endpoint=sb://contoso.example/;SharedAccessKey={KEY}",
        "Endpoint=sb://contoso.example/;SharedAccessKeyName=a",
    ],
)
def test_what_is_no_connection_string_is_refused_without_showing_it(text):
    with pytest.raises(ValueError, match="must hold") as raised:
        parse_connection_string(text)
    assert KEY not in str(raised.value)
