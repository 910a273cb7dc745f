"""The functions that a mapping may use: each is pure, and bounded in what it takes and gives.

Nothing stays nothing: a text function gives null for null and never hashes an empty text.
"""

import base64
import hashlib
import hmac
import html
import inspect
import re
import urllib.parse
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache, wraps
from typing import Any, Final

import msgspec

from connectors.kit import identifiers

MAX_TEXT: Final = 128 * 1024
MAX_ITEMS = 10_000
INTEGERS = (-(2**63), 2**64 - 1)
"""What JSON libraries carry as a whole number."""

_to_json: Final = msgspec.json.Encoder().encode


class FilterRefused(ValueError):
    """A filter cannot take this value; the sentence names what it wants."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What a path gives that leads nowhere; only `default` takes it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A function of the mapping language. `steps` is what one call costs besides the length of its text."""

    name: str
    call: Callable[..., Any]
    signature: str
    description: str
    steps: int = 1

    def misuse(self, arguments: int, names: tuple[str, ...]) -> str | None:
        """What is wrong with a call that has this many arguments and these named ones, or `None`."""
        try:
            inspect.signature(self.call).bind(None, *[None] * arguments, **dict.fromkeys(names))
        except TypeError:
            return f"`{self.name}` is used as `{self.signature}`"
        return None


def as_text(value: Any) -> str:
    """How a value is written inside text; lists and objects need `join` or `json` first."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return rfc3339(value)
        case _:
            raise FilterRefused(f"{_kind(value)} cannot be written as text; use `join` or `json`")


def rfc3339(at: datetime) -> str:
    """A time as JSON carries it, such as 2026-11-22T06:00:00Z."""
    if at.tzinfo is UTC:  # nearly always; the library writes it ten times quicker, and no offset with seconds
        return _to_json(at)[1:-1].decode()
    return at.isoformat().replace("+00:00", "Z")


def _kind(value: Any) -> str:
    match value:
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return f"a value of type {type(value).__name__}"


def _fits(length: int) -> None:
    if length > MAX_TEXT:
        raise FilterRefused(f"a text of {length} characters is longer than the {MAX_TEXT} that functions work on")


def _on_text(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(value: Any, *arguments: Any, **named: Any) -> Any:
        if value is None:
            return None
        text = value if type(value) is str else as_text(value)
        if len(text) > MAX_TEXT:
            _fits(len(text))
        return function(text, *arguments, **named)

    return call


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@_on_text
def _sha512(text: str) -> str:
    return hashlib.sha512(_bytes(text)).hexdigest() if text else ""


@_on_text
def _md5(text: str) -> str:
    return hashlib.md5(_bytes(text), usedforsecurity=False).hexdigest() if text else ""


@_on_text
def _hmac_sha256(text: str, key: Any) -> str:
    return hmac.digest(_bytes(as_text(key)), _bytes(text), "sha256").hex() if text else ""


@_on_text
def _base64(text: str) -> str:
    return base64.b64encode(_bytes(text)).decode()


@_on_text
def _urlencode(text: str) -> str:
    return urllib.parse.quote(_bytes(text), safe="")


@_on_text
def _append(text: str, suffix: Any) -> str:
    _fits(len(text) + len(as_text(suffix)))
    return text + as_text(suffix)


@_on_text
def _prepend(text: str, prefix: Any) -> str:
    _fits(len(text) + len(as_text(prefix)))
    return as_text(prefix) + text


@_on_text
def _replace(text: str, old: Any, new: Any = "") -> str:
    old, new = as_text(old), as_text(new)
    if not old:
        raise FilterRefused("`replace` needs a text to look for")
    _fits(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


@_on_text
def _split(text: str, separator: Any = " ") -> list[str]:
    separator = as_text(separator)
    if (text.count(separator) if separator else len(text)) >= MAX_ITEMS:
        raise FilterRefused(f"`split` would give more than {MAX_ITEMS} items")
    if not text:
        return []
    return text.split(separator) if separator else list(text)


def _join(value: Any, separator: Any = " ") -> str | None:
    if value is None:
        return None
    texts, separator = [as_text(item) for item in _items(value)], as_text(separator)
    _fits(sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0))
    return str(separator).join(texts)


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FilterRefused(f"{_kind(value)} is not a list")
    if len(value) > MAX_ITEMS:
        raise FilterRefused(f"a list of {len(value)} items is longer than the {MAX_ITEMS} that functions work on")
    return value


def _first(value: Any) -> Any:
    return None if value is None else next(iter(_items(value)), None)


def _last(value: Any) -> Any:
    return None if value is None else next(reversed(_items(value)), None)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict)) else len(as_text(value))


def _json(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise FilterRefused("this value cannot be written as JSON") from error
    _fits(len(text))
    return text


@_on_text
def _slice(text: str, start: Any, length: Any = 1) -> str:
    start, length = _cast_int(start) or 0, _cast_int(length) or 0
    start = max(start + len(text), 0) if start < 0 else start
    return text[start : start + max(length, 0)]


@_on_text
def _normalize_phone(text: str, region: Any = None) -> str:
    _fits(len(text))
    return identifiers.normalize_phone(text[:300], None if region is None else as_text(region))


_DIRECTIVES = re.compile(r"(?:[^%]|%[YmdHMSfzjyBbAaIpuVG%])*", re.DOTALL)


def _format_date(value: Any, format: Any = "%Y-%m-%d", timezone: Any = None) -> Any:  # the admin's word
    if value is None or value == "":
        return value
    at, form = _instant(value), as_text(format)
    at = at if timezone is None else at.astimezone(_zone(as_text(timezone)))
    if form in ("unix", "unix_ms"):
        return int(at.timestamp()) if form == "unix" else round(at.timestamp() * 1000)
    if form == "iso":
        return rfc3339(at)
    if len(form) > 200 or _DIRECTIVES.fullmatch(form) is None:
        raise FilterRefused(
            "`format_date` knows %Y %m %d %H %M %S %f %z %j %y %B %b %A %a %I %p %u %V %G, unix and iso"
        )
    return at.strftime(form)


def _instant(value: Any) -> datetime:
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value if abs(value) < 1e11 else value / 1000, UTC)
        at = value if isinstance(value, datetime) else datetime.fromisoformat(as_text(value)[:64])
    except (ValueError, OverflowError, OSError) as error:
        raise FilterRefused("this is no time; give ISO 8601 text or unix seconds") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise FilterRefused(f"there is no time zone {name[:64]!r}; use a name such as Europe/Amsterdam") from error


def _cast_int(value: Any) -> int | None:
    if value is None:
        return None
    try:
        number = int(value) if isinstance(value, (bool, int, float)) else int(float_or_int(as_text(value)[:64]))
    except (ValueError, OverflowError) as error:
        raise FilterRefused("this is no whole number") from error
    _bounded(number)
    return number


def float_or_int(text: str) -> float | int:
    """The number in a text; raises `ValueError` when there is none."""
    text = text.strip()
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _bounded(number: Any) -> Any:
    if isinstance(number, int) and not INTEGERS[0] <= number <= INTEGERS[1]:
        raise FilterRefused("this number needs more than 64 bits")
    return number


def _number(value: Any) -> float | int:
    if isinstance(value, (int, float)):
        number: float | int = _bounded(value)
        return number
    try:
        return float_or_int(as_text(value)[:64])
    except ValueError as error:
        raise FilterRefused("this is no number") from error


def _plus(value: Any, other: Any) -> Any:
    return None if value is None else _bounded(_number(value) + _number(other))


def _minus(value: Any, other: Any) -> Any:
    return None if value is None else _bounded(_number(value) - _number(other))


def _times(value: Any, other: Any) -> Any:
    return None if value is None else _bounded(_number(value) * _number(other))


def _default(value: Any, fallback: Any = None, *, allow_false: Any = False) -> Any:
    if value is MISSING or value is None or value == "" or value in ([], {}):
        return fallback
    return fallback if value is False and not allow_false else value


FILTERS: dict[str, Filter] = {
    filter_.name: filter_
    for filter_ in (
        Filter(
            "default", _default, "default: fallback", "The fallback where the value is missing, null, empty or false."
        ),
        Filter("sha256", _on_text(identifiers.sha256_hex), "sha256", "SHA-256 in hex; a SHA-256 is not hashed again."),
        Filter("sha512", _sha512, "sha512", "SHA-512 in hex."),
        Filter("md5", _md5, "md5", "MD5 in hex, for partners that still ask for it."),
        Filter("hmac_sha256", _hmac_sha256, "hmac_sha256: key", "HMAC-SHA-256 in hex."),
        Filter("base64", _base64, "base64", "Base64 of the UTF-8 bytes."),
        Filter("urlencode", _urlencode, "urlencode", "Percent-encoded for a URL or form."),
        Filter("normalize_email", _on_text(identifiers.normalize_email), "normalize_email", "Trimmed, lower-case."),
        Filter("normalize_phone", _normalize_phone, 'normalize_phone: "NL"', "E.164; the country is optional.", 60),
        Filter(
            "format_date",
            _format_date,
            'format_date: "%Y-%m-%d", "Europe/Amsterdam"',
            "A time in another form: strftime, `unix`, `unix_ms` or `iso`; the time zone is optional.",
            4,
        ),
        Filter("cast_int", _cast_int, "cast_int", "A whole number; fractions are cut."),
        Filter("cast_text", _on_text(as_text), "cast_text", "The value as text."),
        Filter("downcase", _on_text(str.lower), "downcase", "Lower-case."),
        Filter("upcase", _on_text(str.upper), "upcase", "Upper-case."),
        Filter("strip", _on_text(str.strip), "strip", "Without blanks at both ends."),
        Filter("append", _append, "append: text", "With a text behind it."),
        Filter("prepend", _prepend, "prepend: text", "With a text before it."),
        Filter("replace", _replace, "replace: old, new", "With every `old` replaced by `new`."),
        Filter("slice", _slice, "slice: start, length", "A part of the text; a negative start counts from the end."),
        Filter("split", _split, "split: separator", "The list of parts between separators."),
        Filter("join", _join, "join: separator", "A list as one text."),
        Filter("first", _first, "first", "The first item of a list, null when it is empty."),
        Filter("last", _last, "last", "The last item of a list, null when it is empty."),
        Filter("size", _size, "size", "How many characters, items or keys."),
        Filter("json", _json, "json", "The value written as JSON, for text templates."),
        Filter("escape", _on_text(html.escape), "escape", "With <, >, & and quotes escaped for HTML and XML."),
        Filter("plus", _plus, "plus: number", "Added."),
        Filter("minus", _minus, "minus: number", "Subtracted."),
        Filter("times", _times, "times: number", "Multiplied."),
    )
}
