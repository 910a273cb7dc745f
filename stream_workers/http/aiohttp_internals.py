"""The one place that leans on aiohttp: its C parser of HTTP answers, without the session around it.

`HttpResponseParser` is not part of aiohttp's public interface. The version is pinned, and the tests of this module
fail when the version or anything that is used here changes.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol, cast

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpResponseParser

AIOHTTP_VERSION = "3.14.5"

MAX_HEADERS = 128
MAX_HEADER_BYTES = 8190
_NEVER_PAUSE = 2**30

Unparsable = HttpProcessingError
"""What the parser raises when bytes are not the HTTP that was announced."""


class HeaderView(Protocol):
    """The headers of an answer, in the order in which they came."""

    def items(self) -> Sequence[tuple[str, str]]:
        """Name and value; a name may come more than once."""
        ...


class AnswerHead(Protocol):
    """Status line and headers of one answer."""

    code: int
    headers: HeaderView
    should_close: bool


class AnswerBody(Protocol):
    """What has arrived of the body."""

    total_bytes: int

    def is_eof(self) -> bool:
        """True when the body is complete."""
        ...

    def read_nowait(self) -> bytes:
        """Everything that has arrived and was not read yet."""
        ...


class AnswerParser(Protocol):
    """An incremental parser of the answers on one connection."""

    def feed_data(self, data: bytes) -> tuple[Sequence[tuple[AnswerHead, AnswerBody]], bool, bytes]:
        """The messages whose head these bytes completed; raises `Unparsable`."""
        ...

    def feed_eof(self) -> object:
        """The partner has closed: ends a body without a length, raises `Unparsable` when something is missing."""
        ...


class _NoFlowControl:
    """The parser's streams ask their connection to pause; here the answer's size is bounded instead."""

    def pause_reading(self) -> None:
        """Called for a body larger than `_NEVER_PAUSE`, which no answer reaches."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Called at the end of every body."""


_NO_FLOW_CONTROL = _NoFlowControl()


def answer_parser(loop: asyncio.AbstractEventLoop, has_body: bool) -> AnswerParser:
    """A parser for the next answer; `has_body` is false for the answer to a HEAD request."""
    parser = HttpResponseParser(
        cast(BaseProtocol, _NO_FLOW_CONTROL),
        loop,
        _NEVER_PAUSE,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        max_headers=MAX_HEADERS,
        response_with_body=has_body,
        read_until_eof=True,
        auto_decompress=False,
    )
    return cast(AnswerParser, parser)


def has_begun_another(parser: AnswerParser) -> bool:
    """Asked behind a complete answer, as the parser's last act: has it seen the beginning of one more?"""
    try:
        return parser.feed_eof() is not None
    except Unparsable:
        return True
