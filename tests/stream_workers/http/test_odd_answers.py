"""The lean sender reads odd but lawful answers just as aiohttp's ClientSession does."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.exchange import Answer, PartnerResponse, TransportError, TransportErrorKind
from stream_workers.http.connection import PartnerConnection
from stream_workers.http.limits import SenderLimits
from stream_workers.http.plain_answer import plain_answer
from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.partners import answer_of, answering, error_of, post
from tests.stream_workers.http.session_sender import SessionSender

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

# What the partner answers, as segments; and whether it then keeps the connection open.
ALIKE: dict[str, tuple[tuple[bytes, ...], bool]] = {
    "a length": ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",), True),
    "no body": ((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",), True),
    "head and body apart": ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"o", b"k"), True),
    "head in pieces": ((b"HT", b"TP/1.1 20", b"0 OK\r\nContent-Le", b"ngth: 2\r", b"\n\r", b"\nok"), True),
    "chunked": ((CHUNKED + b"2\r\nok\r\n0\r\n\r\n",), True),
    "chunked in pieces": ((CHUNKED, b"2\r", b"\nok", b"\r\n3;ext=1\r\nyes\r\n", b"0\r\n", b"\r\n"), True),
    "chunked with trailer": ((CHUNKED + b"2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",), True),
    "keep-alive off": ((b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",), False),
    "no length until close": ((b"HTTP/1.1 200 OK\r\n\r\nuntil", b" the end"), False),
    "HTTP/1.0": ((b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",), False),
    "HTTP/1.0 without length": ((b"HTTP/1.0 200 OK\r\n\r\nok",), False),
    "HTTP/1.0 kept alive": ((b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",), True),
    "100 first": ((b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",), True),
    "100 apart": ((b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"), True),
    "103 twice": (
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 2, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        True,
    ),
    "204": ((b"HTTP/1.1 204 No Content\r\n\r\n",), True),
    "304": ((b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",), True),
    "redirect": ((b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",), True),
    "refusal with body": ((b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 5\r\n\r\nwhy??",), True),
    "unknown status": ((b"HTTP/1.1 799 Custom\r\nContent-Length: 0\r\n\r\n",), True),
    "no reason": ((b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",), True),
    "repeated headers": ((b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n",), True),
    "latin-1 is kept out of the way": (
        (b"HTTP/1.1 200 OK\r\nX-Name: J\xc3\xb8rgen\r\nContent-Length: 0\r\n\r\n",),
        True,
    ),
    "gzip is not opened": (
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x00",),
        True,
    ),
    "closed at once": ((b"",), False),
    "closed in the head": ((b"HTTP/1.1 200 OK\r\nContent-",), False),
    "closed in the body": ((b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok",), False),
    "closed in a chunk": ((CHUNKED + b"a\r\nok",), False),
    "garbage": ((b"220 mail.example.com ESMTP\r\n\r\n",), False),
    "two lengths": ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",), False),
    "length and chunks": (
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",),
        False,
    ),
    "bad length": ((b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",), False),
    "bad chunk size": ((CHUNKED + b"zz\r\nok\r\n",), False),
    "too many headers": ((b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",), False),
    "too long a header": ((b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 9000 + b"\r\n\r\n",), False),
}


def essence(answer: object) -> object:
    """What matters of an answer, without times and wording."""
    if isinstance(answer, PartnerResponse):
        return answer.status, dict(answer.headers), answer.body, answer.truncated
    assert isinstance(answer, TransportError), answer
    return answer.kind


@pytest.mark.parametrize(("segments", "keep_open"), ALIKE.values(), ids=ALIKE.keys())
async def test_an_odd_answer_is_read_as_a_session_reads_it(
    sender: HttpSender, segments: tuple[bytes, ...], keep_open: bool
) -> None:
    async with answering(*segments, keep_open=keep_open) as odd, SessionSender() as session:
        lean = [essence(await post(sender, odd.url)) for _ in range(3)]
        reference = essence(await post(session, odd.url))
    assert lean == [reference] * 3


@pytest.mark.parametrize("halves", [False, True])
@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", 204, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\n?", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Oo", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokH", 200, b"ok"),
    ],
)
async def test_bytes_behind_a_complete_answer_spoil_the_connection_and_not_the_answer(
    sender: HttpSender, answer: bytes, status: int, body: bytes, halves: bool
) -> None:
    behind_the_head = answer.index(b"\r\n\r\n") + 4
    segments = (answer[:behind_the_head], answer[behind_the_head:]) if halves else (answer,)
    async with answering(*segments) as odd:
        for _ in range(3):
            got = await answer_of(sender, odd.url)
            assert (got.status, got.body) == (status, body)
    assert odd.connections == 3


async def test_a_body_under_a_204_that_announces_none_is_ignored(sender: HttpSender) -> None:
    async with answering(b"HTTP/1.1 204 No Content\r\n\r\nsurprise") as odd:
        assert (await answer_of(sender, odd.url)).body == b""
        assert (await answer_of(sender, odd.url)).status == 204
    assert odd.connections == 2


async def test_the_answer_to_a_head_request_has_no_body(sender: HttpSender) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n") as odd:
        for _ in range(2):
            got = await answer_of(sender, odd.url, b"", method="HEAD")
            assert (got.status, got.body, got.headers["content-length"]) == (200, b"", "1000")
    assert odd.connections == 1


async def test_an_upgrade_that_nobody_asked_for_ends_the_connection(sender: HttpSender) -> None:
    async with answering(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nblah") as odd:
        assert (await answer_of(sender, odd.url)).status == 101
        assert (await answer_of(sender, odd.url)).status == 101
    assert odd.connections == 2


async def test_a_header_that_is_no_utf8_can_still_be_written_as_json(sender: HttpSender) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nX-Name: J\xf8rgen\r\nContent-Length: 0\r\n\r\n") as odd:
        assert (await answer_of(sender, odd.url)).headers["x-name"].encode() == "J\ufffdrgen".encode()


async def test_a_lost_connection_after_the_answer_began_is_named_so(sender: HttpSender) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", keep_open=False) as odd:
        error = await error_of(sender, odd.url)
    assert error.kind is TransportErrorKind.CONNECTION_LOST
    assert "middle" in error.detail


class Wire(asyncio.Transport):
    """A transport without a network."""

    def __init__(self) -> None:
        super().__init__()
        self._closing = False

    def write(self, data: object) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._closing

    def abort(self) -> None:
        self._closing = True


def read_in_segments(segments: list[bytes]) -> object:
    loop = asyncio.new_event_loop()
    try:
        connection = PartnerConnection(loop, "http://x:80", SenderLimits())
        connection.connection_made(Wire())
        told: list[Answer] = []
        connection.exchange(b"", told.append, 0.0, True)
        for segment in segments:
            if not told:
                connection.data_received(segment)
        if not told:
            connection.connection_lost(None)
        return essence(told[0])
    finally:
        loop.close()


@given(st.sampled_from(sorted(ALIKE)), st.lists(st.integers(1, 400), max_size=12))
def test_how_an_answer_is_cut_into_segments_does_not_matter(name: str, cuts: list[int]) -> None:
    whole = b"".join(ALIKE[name][0])
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    assert read_in_segments(pieces) == read_in_segments([whole])


@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"HTTP/1.1 204 No\r\n\r\n"]))
def test_no_bytes_whatever_make_the_reader_raise(noise: bytes, start: bytes) -> None:
    assert read_in_segments([start, noise]) is not None
    assert read_in_segments([start + noise]) is not None


TOKENS = st.text("!#$%&'*+.^_`|~09AZaz-", min_size=1, max_size=12)
VALUES = st.text('\t abyzABYZ0129:;,=/"\\~', max_size=20)
HEADERS = st.lists(
    st.one_of(
        st.tuples(TOKENS, VALUES),
        st.sampled_from(
            [
                ("Connection", "keep-alive"),
                ("connection", "close"),
                ("Transfer-Encoding", "chunked"),
                ("Content-Encoding", "gzip"),
                ("Content-Length", "2"),
                ("Content-Length", "0x2"),
                ("Upgrade", "websocket"),
            ]
        ),
    ),
    max_size=6,
)


@given(
    st.sampled_from([200, 201, 204, 302, 304, 404, 429, 503]),
    HEADERS,
    st.binary(max_size=8),
    st.sampled_from([0, 0, 0, 1]),
)
def test_an_answer_read_in_one_piece_means_what_the_parser_makes_of_it(
    status: int, headers: list[tuple[str, str]], body: bytes, missing: int
) -> None:
    lines = [f"{name}:{value}" for name, value in [*headers, ("content-length", str(len(body) + missing))]]
    whole = "\r\n".join([f"HTTP/1.1 {status} Told", *lines, "", ""]).encode() + body
    for answer in (whole, whole + b"+", whole):  # a head that is known is not read again, what follows it is
        plain = plain_answer(answer, SenderLimits().answer_bytes, 0.0)
        assert plain is None or essence(plain) == read_in_segments([answer[:1], answer[1:]])


def test_a_connection_has_every_method_that_an_event_loop_may_call():
    """It cannot have `asyncio.Protocol` as its base, which would have shown a new one."""
    expected = {name for name in dir(asyncio.Protocol) if not name.startswith("_")}
    assert expected
    assert expected <= set(dir(PartnerConnection))
