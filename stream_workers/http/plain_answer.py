"""The common answer read in one piece: a whole one in its first segment, framed by its length, with nothing odd in it.

The parser costs several times as much; it reads every other answer, and would read these to the same values.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from time import monotonic

from connectors.kit.exchange import PartnerResponse

_HEAD = re.compile(
    r"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\x20-\x7e]*)?"
    r"(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*){1,100}"
)
_MOST_HEAD_BYTES = 4_096
_WITHOUT_BODY = ("204", "304")
_ODD = frozenset({"connection", "transfer-encoding", "content-encoding", "upgrade", "trailer"})
"""They may say more of the framing or of the connection than a length does; `keep-alive` is what holds anyway."""


def plain_answer(data: bytes, most_bytes: int, started_at: float) -> PartnerResponse | None:
    """The answer, when it is a plain one with a body of at most `most_bytes`; `None` for the parser to read."""
    end = data.find(b"\r\n\r\n", 0, _MOST_HEAD_BYTES)
    if end < 0:
        return None
    head = _read(data[:end])
    if head is None:
        return None
    status, headers, length = head
    body = data[end + 4 :]
    if length != len(body) or length > most_bytes:
        return None
    return PartnerResponse(status, headers, body, False, int((monotonic() - started_at) * 1000))


@lru_cache(maxsize=256)
def _read(head: bytes) -> tuple[int, Mapping[str, str], int] | None:
    """Status, headers and length of body; `None` for the parser. Remembered: many answers of a partner begin alike."""
    text = head.decode("latin-1")
    found = _HEAD.fullmatch(text)
    if found is None or found[1] in _WITHOUT_BODY:
        return None
    headers = _headers(text)
    length = headers.get("content-length", "") if headers is not None else ""
    if headers is None or not length.isdecimal():
        return None
    return int(found[1]), headers, int(length)


def _headers(head: str) -> dict[str, str] | None:
    """By lower-case name; `None` when one comes twice, or asks for the parser."""
    headers: dict[str, str] = {}
    lines = head.split("\r\n")
    del lines[0]
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if name in headers or (name in _ODD and value.lower() != "keep-alive"):
            return None
        headers[name] = value
    return headers
