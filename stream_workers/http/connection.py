"""One connection to a partner: one exchange at a time, its answer read with bounds and turned into a value."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import cast

from connectors.kit.exchange import Answer, PartnerResponse, TransportError, TransportErrorKind
from stream_workers.http.aiohttp_internals import (
    AnswerBody,
    AnswerHead,
    AnswerParser,
    HeaderView,
    Unparsable,
    answer_parser,
    has_begun_another,
)
from stream_workers.http.framing import NO_BODY, first_answer
from stream_workers.http.limits import SenderLimits
from stream_workers.http.plain_answer import plain_answer


class PartnerConnection:
    """The protocol of one transport. It never raises for what the partner does: every exchange ends in an `Answer`.

    It has the methods of `asyncio.Protocol`, and not its type: a compiled class has no interpreted base.
    """

    __slots__ = (
        "_body",
        "_has_body",
        "_has_surplus",
        "_head",
        "_limits",
        "_loop",
        "_parser",
        "_received",
        "_started_at",
        "_tell",
        "_transport",
        "idle_since",
        "is_reusable",
        "origin",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: str, limits: SenderLimits) -> None:
        self._loop = loop
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._tell: Callable[[Answer], None] | None = None
        self._parser: AnswerParser | None = None
        self._head: AnswerHead | None = None
        self._body: AnswerBody | None = None
        self._received = 0
        self._has_body = True
        self._has_surplus = False
        self._started_at = 0.0
        self.origin = origin
        self.idle_since = 0.0
        self.is_reusable = True

    @property
    def is_open(self) -> bool:
        """True while bytes can be written."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def has_heard_nothing(self) -> bool:
        """True when not one byte has come since the last exchange began."""
        return self._received == 0

    def exchange(self, request: bytes, tell: Callable[[Answer], None], started_at: float, has_body: bool) -> None:
        """Write one request at once; `tell` gets its answer. `started_at` is where its duration counts from."""
        assert self._transport is not None
        self._tell = tell
        self._parser = self._head = self._body = None
        self._has_body = has_body
        self._received = 0
        self._started_at = started_at
        self.is_reusable = False
        self._transport.write(request)

    def let_go(self) -> None:
        """Whoever waited for the answer does so no longer."""
        self._tell = None
        self.abort()

    def abort(self) -> None:
        """Close at once, dropping what is not written yet."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop once connected, and after the TLS handshake."""
        self._transport = cast(asyncio.Transport, transport)

    def pause_writing(self) -> None:
        """Called by the event loop when the partner reads slowly; nothing more is written before its answer."""

    def resume_writing(self) -> None:
        """Called by the event loop when it reads again."""

    def eof_received(self) -> bool:
        """Called by the event loop when the partner has ended its side; ours then ends, too."""
        return False

    def data_received(self, data: bytes) -> None:
        """Called by the event loop with what the partner sent."""
        if self._tell is None:
            self.abort()  # nobody asked: what follows could be taken for the answer to the next request
            return
        if not self._received and self._has_body:
            answer = plain_answer(data, self._limits.answer_bytes, self._started_at)
            if answer is not None:
                self._received = len(data)
                self.is_reusable = self._has_written_all()
                self._settle(answer)
                return
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            parser = self._parser = answer_parser(self._loop, self._has_body)
        self._received += len(data)
        try:
            messages, _, _ = parser.feed_data(data)
        except Unparsable as error:
            self._read_what_is_sound(data, error)
            return
        if messages:
            self._take_head(messages)
        self._look_at_progress()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop when the connection has ended, whoever ended it."""
        self._transport = None
        self.is_reusable = False
        if self._tell is None:
            return
        if self._head is None or self._body is None or self._parser is None or exc is not None:
            where = "before an answer came" if self._head is None else "in the middle of the answer"
            self._fail(TransportErrorKind.CONNECTION_LOST, f"The connection was lost {where}.")
            return
        try:
            self._parser.feed_eof()
        except Unparsable:
            self._fail(TransportErrorKind.CONNECTION_LOST, "The partner closed in the middle of the answer.")
        else:
            self._succeed(self._head, self._body)

    def _take_head(self, messages: Sequence[tuple[AnswerHead, AnswerBody]]) -> None:
        for head, body in messages:
            if self._head is not None:
                self._has_surplus = True
            elif head.code >= 200 or head.code == 101:
                self._head, self._body = head, body

    def _look_at_progress(self) -> None:
        head, body = self._head, self._body
        if head is None or body is None:
            if self._received > self._limits.head_bytes:
                self._fail(TransportErrorKind.ANSWER_UNREADABLE, "The head of the answer is too long.")
        elif body.is_eof() or head.code in NO_BODY or body.total_bytes > self._limits.answer_bytes:
            self._succeed(head, body)
        elif self._received > self._limits.answer_bytes * self._limits.framing_factor:
            self._fail(TransportErrorKind.ANSWER_UNREADABLE, "The answer is mostly framing.")

    def _read_what_is_sound(self, data: bytes, error: Exception) -> None:
        """Bytes after a complete answer, such as a body under a 204, spoil the connection and not the answer."""
        sound = None
        if self._head is not None and self._body is not None:
            sound = (self._head, self._body) if self._body.is_eof() else None
        elif self._received == len(data):
            sound = first_answer(self._loop, data)
        if sound is None:
            kind = "headers" if self._head is None else "body"
            self._fail(
                TransportErrorKind.ANSWER_UNREADABLE, f"The {kind} of the answer are not HTTP: {type(error).__name__}."
            )
        else:
            self.abort()
            self._succeed(*sound)

    def _succeed(self, head: AnswerHead, body: AnswerBody) -> None:
        limit = self._limits.answer_bytes
        content = body.read_nowait()
        truncated = len(content) > limit
        self.is_reusable = self.is_open and self._may_serve_again(head, body)
        self._settle(
            PartnerResponse(
                head.code,
                _in_lower_case(head.headers),
                content[:limit] if truncated else content,
                truncated,
                elapsed_ms(self._started_at),
            )
        )

    def _may_serve_again(self, head: AnswerHead, body: AnswerBody) -> bool:
        parser = self._parser
        return (
            body.is_eof()
            and not head.should_close
            and not self._has_surplus
            and not (head.code == 101 or (head.code in NO_BODY and _announces_body(head.headers)))
            and parser is not None
            and not has_begun_another(parser)
            and self._has_written_all()
        )

    def _has_written_all(self) -> bool:
        return self._transport is not None and not self._transport.get_write_buffer_size()

    def _fail(self, kind: TransportErrorKind, detail: str) -> None:
        self.abort()
        self._settle(TransportError(kind, detail, elapsed_ms(self._started_at)))

    def _settle(self, answer: Answer) -> None:
        """The last act of an exchange: the next one may have begun on this connection when it returns."""
        tell, self._tell, self._parser = self._tell, None, None
        if tell is not None:
            tell(answer)


def elapsed_ms(started_at: float) -> int:
    """Whole milliseconds since `started_at`."""
    return int((monotonic() - started_at) * 1000)


def _announces_body(headers: HeaderView) -> bool:
    return any(
        name.lower() == "transfer-encoding" or (name.lower() == "content-length" and value != "0")
        for name, value in headers.items()
    )


def _in_lower_case(headers: HeaderView) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in headers.items():
        name = name.lower()
        # The parser keeps bytes that are no UTF-8 as lone surrogates, which no encoder downstream can write.
        if not value.isascii():
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        merged[name] = f"{merged[name]}, {value}" if name in merged else value
    return merged
