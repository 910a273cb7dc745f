"""The bytes that leave are one request, whatever was put into its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest, TransportErrorKind
from stream_workers.http.request_bytes import RequestBytes
from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.partners import OK, answer_of, answering, error_of, post
from tests.stream_workers.http.session_sender import SessionSender

URL = "https://api.example.com/v1/lists?x=%20y"
JSON = ("Content-Type", "application/json")


def encoded(**parts: object) -> bytes:
    request = PartnerRequest(**{"method": "POST", "url": URL, "headers": (JSON,), "body": b"{}", **parts})
    return RequestBytes().encode(request)[1]


def test_a_request_is_written_as_http_wants_it() -> None:
    assert encoded() == (
        b"POST /v1/lists?x=%20y HTTP/1.1\r\n"
        b"Host: api.example.com\r\n"
        b"Accept: */*\r\n"
        b"Accept-Encoding: identity\r\n"
        b"User-Agent: Patchbay\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Length: 2\r\n"
        b"\r\n"
        b"{}"
    )


def test_what_a_connector_sets_replaces_the_default() -> None:
    text = encoded(headers=(("user-agent", "Acme"), ("ACCEPT", "text/csv")))
    assert text.lower().count(b"user-agent") == 1
    assert text.lower().count(b"accept:") == 1


def test_percent_signs_are_kept_everywhere() -> None:
    text = encoded(url="https://api.example.com/%41%s%d", headers=(("X-%s-%d", "100 %s"),), body=b"%d")
    assert b"POST /%41%s%d HTTP/1.1\r\n" in text
    assert b"X-%s-%d: 100 %s\r\n" in text
    assert text.endswith(b"\r\n\r\n%d")


def test_a_value_outside_ascii_is_sent_as_utf8() -> None:
    assert "X-Name: Jørgen\r\n".encode() in encoded(headers=(("X-Name", "Jørgen"),))


def test_an_empty_body_has_a_length() -> None:
    assert b"Content-Length: 0\r\n" in encoded(method="DELETE", body=b"")


FORGERIES = [
    {"headers": (("X-A", "b\r\nX-Evil: 1"),)},
    {"headers": (("X-A", "b\nX-Evil: 1"),)},
    {"headers": (("X-A", "b\rX-Evil: 1"),)},
    {"headers": (("X-A", "b\x00"),)},
    {"headers": (("X-A", "b\x7f"),)},
    {"headers": (("X-A", "b\ud800"),)},
    {"headers": (("X-A\r\nX-Evil", "1"),)},
    {"headers": (("X-A: 1\r\nX-Evil", "1"),)},
    {"headers": (("X A", "1"),)},
    {"headers": (("X-A:", "1"),)},
    {"headers": (("", "1"),)},
    {"headers": (("X-\u00c4", "1"),)},
    {"headers": (("Host", "internal.example.com"),)},
    {"headers": (("content-length", "0"),)},
    {"headers": (("Transfer-Encoding", "chunked"),)},
    {"headers": (("Connection", "upgrade"),)},
    {"headers": (("Upgrade", "h2c"),)},
    {"headers": (("Expect", "100-continue"),)},
    {"method": "GET /evil HTTP/1.1\r\nX:"},
    {"method": "POST "},
    {"method": "CONNECT"},
    {"method": "TRACE"},
    {"method": "post"},
    {"method": ""},
    {"url": "https://api.example.com/\r\nX-Evil: 1"},
    {"url": "https://api.example.com/ HTTP/1.1"},
    {"url": "https://api.example.com\r\n/"},
    {"url": "https://api.example.com/\x00"},
    {"url": "https://api.example.com/\ud800"},
    {"url": "kafka://topic"},
    {"url": "/relative"},
]


@pytest.mark.parametrize("parts", FORGERIES, ids=repr)
async def test_a_forged_request_is_refused_and_nothing_is_sent(sender: HttpSender, parts: dict[str, object]) -> None:
    async with answering(OK) as partner:
        url = str(parts.get("url", partner.url)).replace("https://api.example.com", partner.url.rstrip("/"))
        error = await error_of(sender, url, **{key: parts[key] for key in parts.keys() & {"method", "headers"}})
    assert error.kind is TransportErrorKind.REQUEST_INVALID
    assert partner.connections == 0


texts = st.text(max_size=30)
headers = st.lists(st.tuples(st.sampled_from(["X-A", "X-B"]) | texts, texts), max_size=4).map(tuple)


@given(headers, texts, st.binary(max_size=40))
def test_no_header_value_or_path_adds_a_line(
    given_headers: tuple[tuple[str, str], ...], path: str, body: bytes
) -> None:
    try:
        sent = encoded(headers=given_headers, url=f"https://api.example.com/{path}", body=body)
    except InvalidSettings:
        return
    head, _, rest = sent.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert rest == body
    defaults = {"accept", "accept-encoding", "user-agent"} - {name.lower() for name, _ in given_headers}
    assert len(lines) == 1 + 2 + len(defaults) + len(given_headers)
    assert [line for line in lines if line.startswith(b"X-")] == [
        f"{name}: {value}".encode() for name, value in given_headers if name.startswith("X-")
    ]
    assert b"\n" not in head.replace(b"\r\n", b"")


def test_memory_for_heads_is_bounded() -> None:
    requests = RequestBytes(remembered=10)
    for n in range(50):
        requests.encode(PartnerRequest("POST", f"https://api.example.com/{n}"))
    assert len(requests._heads) == 10


@pytest.mark.parametrize("path", ["", "?a=b", "a%2Fb?x=%20", "a//b", "é?ü=ö"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
async def test_a_partner_is_asked_what_a_session_would_ask(sender: HttpSender, method: str, path: str) -> None:
    async with answering(OK) as partner, SessionSender() as session:
        await answer_of(sender, partner.url + path, b"body", method=method)
        await post(session, partner.url + path, b"body", method=method)
    lean, reference = ({*request.split(b"\r\n")} for request in partner.heard)
    assert {line for line in lean if not line.startswith(b"User-Agent")} == {
        line for line in reference if not line.startswith(b"User-Agent")
    }
