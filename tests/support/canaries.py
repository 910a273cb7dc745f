"""Secrets that look like nothing else, and finding them in whatever form they may have leaked."""

import base64
from collections.abc import Iterable

WORD = "canary"


def canary(number: int, place: str) -> str:
    """A secret of its own; its characters are those that careless quoting lets through."""
    return f"{WORD}-{number:02}-{place}-7Yp!q2/Zk+9x=<&>'%20\\"


def plain_canary(number: int) -> str:
    """One of letters and digits, for places that take no others."""
    return f"{WORD}{number:02}7YpQ2Zk9xW4mNbV8cT3s"


def found_in(text: str | bytes) -> list[str]:
    """The forms of a canary that stand in the text: as it is (also quoted), and in base64 at any alignment."""
    content = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return [name for name, needle in _needles() if needle in content]


def _needles() -> Iterable[tuple[str, bytes]]:
    yield "plain", WORD.encode()
    yield "hexadecimal", WORD.encode().hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + WORD.encode() + b"\0" * 3)
        begin, end = -(-shift * 8 // 6), (shift + len(WORD)) * 8 // 6
        yield f"base64, {shift}", encoded[begin:end]
