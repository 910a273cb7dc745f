"""What is leaned on inside aiohttp is still there and still means the same; a new version must pass here first."""

import asyncio
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import aiohttp.http_parser
import pytest

import stream_workers.http
from stream_workers.http.aiohttp_internals import AIOHTTP_VERSION, Unparsable, answer_parser, has_begun_another


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def test_the_installed_aiohttp_is_the_one_that_was_read() -> None:
    assert version("aiohttp") == AIOHTTP_VERSION, "read the parser's source anew, then move AIOHTTP_VERSION"


def test_the_parser_is_the_one_in_c() -> None:
    assert aiohttp.http_parser.HttpResponseParser.__module__ == "aiohttp._http_parser"


def test_the_parser_takes_the_bounds_that_it_is_given(loop: asyncio.AbstractEventLoop) -> None:
    for head in (b"X-A: b\r\n" * 129, b"X-A: " + b"b" * 8190 + b"\r\n"):
        with pytest.raises(Unparsable):
            answer_parser(loop, True).feed_data(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")


def test_a_head_and_a_body_have_what_is_read_of_them(loop: asyncio.AbstractEventLoop) -> None:
    parser = answer_parser(loop, True)
    messages, is_upgraded, tail = parser.feed_data(b"HTTP/1.1 201 Made\r\nContent-Length: 4\r\nX-A: b\r\n\r\nok")
    ((head, body),) = messages
    assert (head.code, head.should_close, list(head.headers.items())[1]) == (201, False, ("X-A", "b"))
    assert (body.is_eof(), body.total_bytes, is_upgraded, tail) == (False, 2, False, b"")
    assert not parser.feed_data(b"ay")[0]
    assert body.is_eof()
    assert body.read_nowait() == b"okay"


def test_a_body_is_not_unpacked(loop: asyncio.AbstractEventLoop) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"
    ((_, body),), _, _ = answer_parser(loop, True).feed_data(answer)
    assert body.read_nowait() == b"\x1f\x8b"


def test_a_body_of_any_size_is_taken_without_a_pause(loop: asyncio.AbstractEventLoop) -> None:
    parser = answer_parser(loop, True)
    ((_, body),), _, _ = parser.feed_data(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(100):
        parser.feed_data(b"x" * 1_000_000)
    assert body.is_eof()
    assert body.total_bytes == 100_000_000


def test_a_body_without_length_ends_with_the_connection(loop: asyncio.AbstractEventLoop) -> None:
    parser = answer_parser(loop, True)
    ((head, body),), _, _ = parser.feed_data(b"HTTP/1.1 200 OK\r\n\r\nok")
    assert head.should_close
    assert not body.is_eof()
    parser.feed_eof()
    assert body.is_eof()


def test_a_body_that_ends_early_is_an_error(loop: asyncio.AbstractEventLoop) -> None:
    for head in (b"Content-Length: 9\r\n\r\nok", b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"):
        parser = answer_parser(loop, True)
        parser.feed_data(b"HTTP/1.1 200 OK\r\n" + head)
        with pytest.raises(Unparsable):
            parser.feed_eof()


@pytest.mark.parametrize(
    ("behind", "has_begun"), [(b"", False), (b"\r\n", False), (b"H", True), (b"HTTP/1.1 200 OK\r\nX:", True)]
)
def test_the_beginning_of_another_answer_is_noticed(
    loop: asyncio.AbstractEventLoop, behind: bytes, has_begun: bool
) -> None:
    parser = answer_parser(loop, True)
    parser.feed_data(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + behind)
    assert has_begun_another(parser) == has_begun


def test_nothing_else_of_the_sender_imports_aiohttp() -> None:
    (folder,) = stream_workers.http.__path__
    imports = re.compile(r"^\s*(from|import) aiohttp\b", re.MULTILINE)
    assert {path.name for path in Path(folder).glob("*.py") if imports.search(path.read_text())} == {
        "aiohttp_internals.py"
    }
