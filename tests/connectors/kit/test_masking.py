"""What is shown of an exchange holds no secret, in whatever form a partner writes or repeats it."""

import base64
import json
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.exchange import PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from connectors.kit.masking import MASK, Masker, forms_of

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


def test_what_masks_leave_room_for_holds_no_half_of_a_secret() -> None:
    secret = f"{string.ascii_letters}{string.digits}-_"
    assert Masker([secret]).body(b"x" + secret.encode() * 70, 1024) == "x" + MASK * 63


def test_the_end_of_an_answer_that_was_cut_holds_no_half_of_a_secret() -> None:
    whole = PartnerResponse(200, {}, b"it is hunt")
    assert Masker(["hunter2"]).answer(whole)["body"] == "it is hunt"
    cut = PartnerResponse(200, {}, b"it is hunt", truncated=True)
    assert Masker(["hunter2"]).answer(cut)["body"] == "it is "


def test_secrets_that_overlap_leave_nothing_of_each_other() -> None:
    assert Masker(["hunter2a", "abcdefghijkl"]).text("hunter2abcdefghijkl") == MASK


FILLER = "_ \n"
secrets = st.lists(st.text("ab1ä", min_size=4, max_size=40), min_size=1, max_size=3)


@given(secrets, st.data(), st.integers(1, 60), st.integers(0, 200))
def test_nothing_of_a_secret_is_left_wherever_the_body_is_cut(secrets, data, limit, length) -> None:
    written = st.sampled_from(sorted({form for secret in secrets for form in forms_of(secret)}))
    body = "".join(data.draw(st.lists(written | st.text(FILLER, max_size=9), max_size=30))).encode()
    answer = PartnerResponse(200, {}, body[:length], truncated=length < len(body))
    assert set(Masker(secrets).answer(answer, limit)["body"]) <= {*FILLER, *MASK}


def test_why_there_was_no_answer_is_scrubbed_too() -> None:
    error = TransportError(TransportErrorKind.TLS_INVALID, f"saw {SECRET}")
    assert Masker([SECRET]).answer(error) == {"error": "tls_invalid", "detail": f"saw {MASK}"}


def test_a_text_of_three_letters_is_no_secret() -> None:
    assert Masker(["abc"]).text("abc") == "abc"
