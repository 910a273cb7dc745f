"""A webhook's settings hold, its signature is what an independent library accepts, and nothing in an event moves it."""

import pytest
from msgspec.structs import replace
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.catalog.webhook.declaration import CONNECTOR
from connectors.catalog.webhook.settings import SendEventFields, WebhookSettings
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.web_address import split_url
from tests.support.events import NOON

URL = "https://hooks.example.org/patchbay"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3"
ACTION = CONNECTOR.actions[0]


def render(fields=None, **settings):
    mapped = fields.pop("mapped") if fields else {"body": {"id": "p-1"}}
    row = Row("dlv_1", "p-1", JOINED, NOON, {}, mapped)
    batch = Batch((row,), JOINED, NOON, "dlv_1")
    return ACTION.render(WebhookSettings(url=URL, **settings), SendEventFields(**(fields or {})), batch)


def verify(secret, request):
    """Standard Webhooks' own library, at the moment of the request."""
    headers = {name.lower(): value for name, value in request.headers}
    webhook = Webhook(secret)
    webhook._Webhook__verify_timestamp = lambda _: NOON  # its clock is today's
    return webhook.verify(request.body, headers)


def test_an_independent_library_accepts_the_signature():
    request = render(signing_secret=SECRET)
    assert verify(SECRET, request) == {"id": "p-1"}
    with pytest.raises(WebhookVerificationError):
        verify(OTHER_SECRET, request)
    with pytest.raises(WebhookVerificationError):
        verify(SECRET, replace(request, body=request.body.replace(b"p-1", b"p-2")))


def test_during_rotation_both_secrets_are_accepted():
    request = render(signing_secret=OTHER_SECRET, previous_signing_secret=SECRET)
    assert verify(SECRET, request) == verify(OTHER_SECRET, request) == {"id": "p-1"}


@pytest.mark.parametrize(
    "path",
    ["@evil.example", ".evil.example", ":81/", "//evil.example/", "/../..", "?a=@evil.example", "evil", "/ok/ünï"],
)
def test_no_path_moves_a_request_to_another_host(path):
    assert split_url(render({"mapped": {"path": path}}).url).host == "hooks.example.org"


@pytest.mark.parametrize("path", ["/a b", "/a\r\nHost: evil", "/a\\b", "/a#b", "/\x00", ["/a"]])
def test_a_path_that_cannot_be_part_of_a_url_is_refused(path):
    with pytest.raises(CannotRender):
        render({"mapped": {"path": path}})


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"X-A": "a\r\nX-B: b"},
            {"X-A": "a\nb"},
            {"X-A": "\x00"},
            {"X A": "a"},
            {"X-A:": "a"},
            {"": "a"},
            ["X-A"],
            "X-A",
        ),
        *(
            {"Host": "evil"},
            {"content-length": "1"},
            {"Webhook-Signature": "v1,"},
            {"x-api-key": "mine"},
            {"X-A": ["a"]},
        ),
    ],
)
def test_headers_that_would_do_harm_are_refused(headers):
    with pytest.raises(CannotRender):
        render(
            {"mapped": {"headers": headers}},
            authentication="header",
            header_name="X-Api-Key",
            header_value="secret",
        )


def test_every_secret_in_a_request_is_named():
    assert render(authentication="bearer", token="t0ken").secrets == ("t0ken",)
    assert render(authentication="header", header_name="X-Api-Key", header_value="two words").secrets == ("two words",)
    basic = render(authentication="basic", username="ada", password="pässword")
    assert dict(basic.headers)["Authorization"] == f"Basic {basic.secrets[0]}"
    assert render().secrets == ()


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "https://{{ profile.id }}.example.org"},
        {"url": "hooks.example.org"},
        {"url": "ftp://hooks.example.org"},
        {"url": "https://ada:secret@hooks.example.org"},
        {"url": "https://hooks.example.org?x=1"},
        {"authentication": "bearer"},
        {"authentication": "basic", "username": "ada"},
        {"authentication": "header", "header_value": "x"},
        {"authentication": "header", "header_name": "Host", "header_value": "x"},
        {"authentication": "bearer", "token": "a\r\nb"},
        {"signing_secret": "whsec_c2hvcnQ="},
        {"signing_secret": "not base64!"},
        {"colour": "red"},
    ],
)
def test_settings_that_do_not_hold_are_refused_without_showing_them(settings):
    with pytest.raises(ValidationError) as raised:
        WebhookSettings(**{"url": URL, **settings})
    assert raised.value.error_count() == 1


def test_text_is_sent_as_it_is_and_other_values_are_refused():
    fields = {"body_format": "text", "content_type": "text/csv", "mapped": {"body": "a;b\n"}}
    request = render(dict(fields))
    assert (request.body, dict(request.headers)["Content-Type"]) == (b"a;b\n", "text/csv")
    with pytest.raises(CannotRender):
        render({**fields, "mapped": {"body": ["a"]}})
