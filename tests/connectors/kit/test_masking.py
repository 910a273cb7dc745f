"""What is shown of an exchange holds no secret, in whatever form a partner writes or repeats it."""

import base64
import json
from urllib.parse import quote

import pytest

from connectors.kit.exchange import PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from connectors.kit.masking import MASK, Masker

SECRET = 'pä"ss/wörd+1'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_masked_however_it_is_written(written: str) -> None:
    assert Masker([SECRET]).text(f"before {written} after") == f"before {MASK} after"


def test_a_request_is_shown_without_the_secrets_that_it_names_itself() -> None:
    request = PartnerRequest(
        "POST",
        "https://example.org/?key=k-12345",
        (("Authorization", "anything"), ("X-Trace", "t k-12345")),
        b'{"key": "k-12345"}',
        ("k-12345",),
    )
    shown = Masker([]).request(request)
    assert shown["headers"] == {"Authorization": MASK, "X-Trace": f"t {MASK}"}
    assert "k-12345" not in str(shown)


def test_no_secret_is_cut_in_two() -> None:
    body = b"x" * 1020 + SECRET.encode() * 3
    assert "ss" not in Masker([SECRET]).answer(PartnerResponse(200, {}, body))["body"]


def test_why_there_was_no_answer_is_scrubbed_too() -> None:
    error = TransportError(TransportErrorKind.TLS_INVALID, f"saw {SECRET}")
    assert Masker([SECRET]).answer(error) == {"error": "tls_invalid", "detail": f"saw {MASK}"}


def test_a_text_of_three_letters_is_no_secret() -> None:
    assert Masker(["abc"]).text("abc") == "abc"
