"""A `PartnerRequest` as bytes: what stays the same is prepared once, what changes is checked on each request."""

import re
from dataclasses import dataclass

from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.web_address import WebAddress, split_url

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OURS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_DEFAULTS = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "Patchbay"))


@dataclass(frozen=True, slots=True)
class PreparedHead:
    """Everything of a request's head but the header values and the length of its body."""

    address: WebAddress
    origin: str
    template: str
    answer_has_body: bool


class RequestBytes:
    """Encodes requests; remembers the heads of at most `remembered` kinds of request."""

    def __init__(self, remembered: int = 4_096) -> None:
        self._remembered = remembered
        self._heads: dict[tuple[str, ...], PreparedHead] = {}

    def encode(self, request: PartnerRequest) -> tuple[PreparedHead, bytes]:
        """The prepared head and the exact bytes to write; raises `InvalidSettings` when one part could forge others."""
        headers = request.headers
        key = (request.method, request.url, *[name for name, _ in headers])
        head = self._heads.get(key) or self._prepare(key)
        values = [value for _, value in headers]
        if _NOT_IN_A_VALUE.search("".join(values)):
            raise InvalidSettings("The value of a header holds a line break or a control character.")
        try:
            text = (head.template % (*values, len(request.body))).encode()
        except UnicodeEncodeError:
            raise InvalidSettings("The value of a header is not text.") from None
        return head, text + request.body

    def _prepare(self, key: tuple[str, ...]) -> PreparedHead:
        method, url, *names = key
        if method not in _METHODS:
            raise InvalidSettings(f"{method[:20]!r} is not a method that requests are sent with.")
        address = split_url(url)
        head = PreparedHead(
            address,
            f"{address.scheme}://{address.host}:{address.port}",
            _template(method, address, names),
            answer_has_body=method != "HEAD",
        )
        if len(self._heads) >= self._remembered:
            del self._heads[next(iter(self._heads))]
        self._heads[key] = head
        return head


def _template(method: str, address: WebAddress, names: list[str]) -> str:
    taken = {_checked(name).lower() for name in names}
    fixed = [f"{method} {address.path} HTTP/1.1", f"Host: {address.authority}"]
    fixed += [f"{name}: {value}" for name, value in _DEFAULTS if name.lower() not in taken]
    given = [f"{name.replace('%', '%%')}: %s" for name in names]
    return "\r\n".join([*[line.replace("%", "%%") for line in fixed], *given, "Content-Length: %d", "", ""])


def _checked(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise InvalidSettings(f"{name[:40]!r} is not a header name.")
    if name.lower() in _OURS:
        raise InvalidSettings(f"The header {name} belongs to the sender; it cannot be set.")
    return name
