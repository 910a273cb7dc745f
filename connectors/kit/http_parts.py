"""Parts of an HTTP request that an admin fills from an event, kept from becoming anything else: path, headers, body."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from connectors.kit.errors import CannotRender
from connectors.kit.filters import FilterRefused, as_text

Headers = tuple[tuple[str, str], ...]

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
SECRET_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
"""A header can carry visible ASCII only, where it carries a secret."""

OWN_HEADERS = frozenset(
    (
        *("authorization", "connection", "content-length", "content-type", "cookie", "host", "idempotency-key"),
        *("keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"),
    )
)
"""Headers that a connector or the sender sets; a mapping may not."""

_PATH = re.compile(r"[^\s\\#\x00-\x20\x7f]*")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")
_to_json = msgspec.json.Encoder(decimal_format="number").encode


def url_under(base: str, path: Any) -> str:
    """The URL of a mapped path below a fixed address; raises `CannotRender` for what cannot be a path."""
    if not path:
        return base
    text = mapped_part("path", path)
    if _PATH.fullmatch(text) is None:
        raise CannotRender("The path holds a blank, a #, a \\ or a control character; use `| urlencode` on its parts.")
    # Without the slash, a path such as `@example.org` would become part of the host.
    return base + text if text[0] in "/?" else f"{base}/{text}"


def mapped_headers(headers: Any, taken: Iterable[str]) -> Headers:
    """Mapped headers without the empty ones; raises `CannotRender` for a name that is none or in `taken`."""
    if not isinstance(headers, Mapping):
        raise CannotRender("The headers must be an object of names and values.")
    reserved = frozenset(taken)
    pairs = tuple((name, mapped_part(f"header {name!r}", value)) for name, value in headers.items())
    for name, value in pairs:
        if HEADER_NAME.fullmatch(name) is None or name.lower() in reserved:
            raise CannotRender(f"The header {name[:100]!r} cannot be set by a mapping.")
        if _HEADER_VALUE.fullmatch(value) is None:
            raise CannotRender(f"The value of the header {name[:100]!r} holds a line break or a control character.")
    return tuple((name, value) for name, value in pairs if value)


def json_body(value: Any) -> bytes:
    """A mapped value as JSON; raises `CannotRender` for what JSON cannot hold."""
    try:
        return _to_json(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise CannotRender("The body cannot be written as JSON.") from error


def text_body(value: Any) -> bytes:
    """A mapped value as text; raises `CannotRender` for a list or an object."""
    return mapped_part("body", value).encode("utf-8", "replace")


def mapped_part(what: str, value: Any) -> str:
    """A mapped value as text; raises `CannotRender` that says which part it was meant for."""
    try:
        return as_text(value)
    except FilterRefused as error:
        raise CannotRender(f"The {what}: {error}.") from error
