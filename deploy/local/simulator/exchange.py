"""HTTP/1.1 requests out of bytes and answers into bytes: only what a partner on loopback needs, and that fast."""

from http import HTTPStatus

import msgspec

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Request(msgspec.Struct, frozen=True, gc=False):
    """A whole request; `head` is everything before the blank line, as it came."""

    method: str
    path: str
    query: str
    head: bytes
    body: bytes

    def header(self, name: bytes) -> str | None:
        """The value of the header with this lower-case name."""
        return header_of(self.head, self.head.lower(), name)


class UnreadableRequest(Exception):
    """The bytes are not HTTP/1.1, or more than the simulator takes."""


def read_request(buffer: bytes) -> tuple[Request, int] | None:
    """The first request of `buffer` and its length; `None` when more bytes are needed. Raises `UnreadableRequest`."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MAX_HEAD_BYTES:
            raise UnreadableRequest("no end of the headers")
        return None
    head = buffer[:end]
    start = end + 4
    lowered = head.lower()
    length = header_of(head, lowered, b"content-length")
    if length is not None:
        body_end = start + _length(length)
        return None if len(buffer) < body_end else (_request(head, buffer[start:body_end]), body_end)
    if header_of(head, lowered, b"transfer-encoding") == "chunked":
        unchunked = _read_chunks(buffer, start)
        return unchunked and (_request(head, unchunked[0]), unchunked[1])
    return _request(head, b""), start


def header_of(head: bytes, lowered: bytes, name: bytes) -> str | None:
    """The value of a header; `lowered` is `head` in lower case."""
    found = lowered.find(b"\r\n" + name + b":")
    if found < 0:
        return None
    start = found + len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end > 0 else len(head)].strip().decode("latin-1")


def answer_bytes(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """An answer; JSON unless `headers` say otherwise."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}\r\n{lines}\r\n".encode("latin-1") + body


def _request(head: bytes, body: bytes) -> Request:
    try:
        method, target, _ = head[: head.find(b"\r\n") if b"\r\n" in head else None].decode("latin-1").split(" ")
    except ValueError:
        raise UnreadableRequest("no request line") from None
    path, _, query = target.partition("?")
    return Request(method, path, query, head, body)


def _length(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_BODY_BYTES:
        raise UnreadableRequest(f"content-length {text[:20]}")
    return int(text)


def _read_chunks(buffer: bytes, start: int) -> tuple[bytes, int] | None:
    parts: list[bytes] = []
    while True:
        line_end = buffer.find(b"\r\n", start)
        if line_end < 0:
            return None
        try:
            size = int(buffer[start:line_end].partition(b";")[0], 16)
        except ValueError:
            raise UnreadableRequest("chunk size") from None
        chunk_end = line_end + 2 + size
        if len(buffer) < chunk_end + 2:
            return None
        start = chunk_end + 2
        if size == 0:
            return b"".join(parts), start
        parts.append(buffer[line_end + 2 : chunk_end])
