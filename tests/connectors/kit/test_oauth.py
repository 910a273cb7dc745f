"""Token requests are those of RFC 6749, and an answer gives a token or says who must act."""

from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec
import pytest

from connectors.kit.classification import Verdict
from connectors.kit.declaration import Secret, Token
from connectors.kit.exchange import PartnerResponse
from connectors.kit.oauth import client_credentials_flow, read_token, refresh_token_flow
from tests.support.events import NOON


@dataclass(frozen=True)
class Settings:
    client_id: str = "client-1"
    client_secret: Secret = Secret("s3cret & more")
    refresh_token: Secret = Secret("r3fresh")
    token_url: str = "https://login.example.org/token"


def form(request):
    return {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}


def answer(status, body, **headers):
    return PartnerResponse(status, headers, body if isinstance(body, bytes) else msgspec.json.encode(body))


def test_a_refresh_token_is_sent_as_a_form_with_the_clients_credentials():
    request = refresh_token_flow().render(Settings(), NOON, None)
    assert (request.method, request.url) == ("POST", Settings.token_url)
    assert dict(request.headers) == {"Content-Type": "application/x-www-form-urlencoded"}
    assert form(request) == {
        "grant_type": "refresh_token",
        "refresh_token": "r3fresh",
        "client_id": "client-1",
        "client_secret": "s3cret & more",
    }
    assert set(request.secrets) == {"s3cret & more", "r3fresh"}


def test_a_refresh_token_that_the_partner_sent_comes_first():
    request = refresh_token_flow().render(Settings(), NOON, "newer")
    assert form(request)["refresh_token"] == "newer"
    assert "newer" in request.secrets


def test_client_credentials_take_a_scope_and_may_be_json():
    as_form = client_credentials_flow(lambda settings: {"scope": f"{settings.client_id}/.default"})
    assert form(as_form.render(Settings(), NOON, None)) == {
        "grant_type": "client_credentials",
        "client_id": "client-1",
        "client_secret": "s3cret & more",
        "scope": "client-1/.default",
    }
    as_json = client_credentials_flow(json=True).render(Settings(), NOON, None)
    assert dict(as_json.headers) == {"Content-Type": "application/json"}
    assert msgspec.json.decode(as_json.body)["grant_type"] == "client_credentials"
    assert as_json.secrets == ("s3cret & more",)


def test_a_token_is_read_with_its_life_and_a_replaced_refresh_token():
    told = {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 1800, "refresh_token": "newer"}
    assert read_token(answer(200, told)) == Token("t0ken", 1800.0, "newer")
    assert read_token(answer(200, {"access_token": "t0ken", "expires_in": "1800"})) == Token("t0ken", 1800.0)
    assert read_token(answer(200, {"access_token": "t0ken"})) == Token("t0ken", 3600.0)


@pytest.mark.parametrize(
    ("response", "verdict", "code", "wait"),
    [
        (answer(400, {"error": "invalid_grant"}), Verdict.UNAUTHORIZED, "invalid_grant", None),
        (answer(401, {"error": "invalid_client"}), Verdict.UNAUTHORIZED, "invalid_client", None),
        (answer(400, {"error": "invalid_scope"}), Verdict.MISCONFIGURED, "invalid_scope", None),
        (answer(200, {"error": "invalid_grant"}), Verdict.UNAUTHORIZED, "invalid_grant", None),
        (answer(503, {"error": "temporarily_unavailable"}), Verdict.TRY_AGAIN, "temporarily_unavailable", None),
        (answer(429, b"slow", **{"retry-after": "7"}), Verdict.THROTTLED, "429", 7.0),
        (answer(500, b"<html>"), Verdict.TRY_AGAIN, "500", None),
        (answer(200, b"<html>"), Verdict.TRY_AGAIN, "200", None),
        (answer(200, {"token": "t0ken"}), Verdict.TRY_AGAIN, "200", None),
        (answer(403, b""), Verdict.UNAUTHORIZED, "403", None),
        (answer(404, b""), Verdict.MISCONFIGURED, "404", None),
        (answer(400, {"error": {"code": 3}}), Verdict.MISCONFIGURED, "400", None),
    ],
)
def test_an_answer_without_a_token_says_who_must_act(response, verdict, code, wait):
    found = read_token(response)
    assert (found.verdict, found.partner_code, found.retry_after) == (verdict, code, wait)
