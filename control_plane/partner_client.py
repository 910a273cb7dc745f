"""The only requests that the control plane sends out: connection tests and test sends, to addresses judged first."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors.kit import kafka_address
from connectors.kit.address import AddressPolicy, IPAddress
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from connectors.kit.web_address import WebAddress, split_url

MAX_ANSWER_BYTES = 128 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_DEFAULTS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Patchbay"}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset(
    (
        *("connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    )
)

Lookup = Callable[[str], Awaitable[tuple[IPAddress, ...]]]


class AddressRefused(Exception):
    """No address of this host may be connected to; the message says why."""


async def system_lookup(host: str) -> tuple[IPAddress, ...]:
    """The addresses that the operating system finds; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found))


def partner_tls(ca_file: Path | None) -> ssl.SSLContext:
    """What partners' certificates are checked with; `ca_file` adds authorities to those of the system."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class PartnerClient:
    """One exchange at a time, on a connection of its own: no redirects, no cookies, no proxies of the environment."""

    def __init__(self, policy: AddressPolicy, ca_file: Path | None = None, lookup: Lookup = system_lookup) -> None:
        self._policy = policy
        self._tls = partner_tls(ca_file)
        self._lookup = lookup

    async def send(self, request: PartnerRequest, timeout_seconds: float) -> Answer:
        """One exchange, at most `timeout_seconds` long. Raises nothing for what a partner or a network does."""
        started_at = monotonic()
        if request.url.startswith(f"{kafka_address.SCHEME}:"):
            return _ended(TransportErrorKind.REQUEST_INVALID, _NO_KAFKA, started_at)
        try:
            address = _checked(request)
        except InvalidSettings as problem:
            return _ended(TransportErrorKind.REQUEST_INVALID, problem.detail, started_at)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._exchange(request, address, started_at)
        except AddressRefused as refused:
            return _ended(TransportErrorKind.ADDRESS_REFUSED, str(refused), started_at)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            kind, sentence = _explained(error)
            return _ended(kind, sentence.format(host=address.host), started_at)

    async def _exchange(self, request: PartnerRequest, address: WebAddress, started_at: float) -> PartnerResponse:
        if address.ip is not None:
            judge(address.host, (address.ip,), self._policy)
        connector = aiohttp.TCPConnector(
            resolver=_JudgedResolver(self._policy, self._lookup), use_dns_cache=False, force_close=True, ssl=self._tls
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(),
                skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding", "User-Agent"),
            ) as session,
            session.request(
                request.method,
                # The same parser decides here and when the address is saved; nobody reads it a second time.
                URL(f"{address.scheme}://{address.authority}{address.path}", encoded=True),
                headers=_headers(request),
                data=request.body or None,
                allow_redirects=False,
            ) as response,
        ):
            body = await _head_of(response.content)
            return PartnerResponse(
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                body[:MAX_ANSWER_BYTES],
                len(body) > MAX_ANSWER_BYTES,
                _ms(started_at),
            )


class _JudgedResolver(AbstractResolver):
    """Gives aiohttp the addresses that may be connected to, and no others: it connects to exactly these."""

    def __init__(self, policy: AddressPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The judged addresses; raises `AddressRefused` when there is none, `OSError` when the name has none."""
        del family
        found = await self._lookup(host.removesuffix("."))
        return [
            ResolveResult(
                hostname=host,
                host=str(ip),
                port=port,
                family=socket.AF_INET6 if ip.version == 6 else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in judge(host, found, self._policy)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def judge(host: str, found: tuple[IPAddress, ...], policy: AddressPolicy) -> tuple[IPAddress, ...]:
    """Those of the addresses that the policy allows; raises `AddressRefused` when it allows none."""
    allowed = tuple(ip for ip in found if policy.allows(ip))
    if found and not allowed:
        raise AddressRefused(f"{host}: {policy.explain(found[0])}")
    return allowed


def _checked(request: PartnerRequest) -> WebAddress:
    if request.method not in METHODS:
        raise InvalidSettings(f"{request.method[:20]!r} is not a method that requests are sent with.")
    for name, value in request.headers:
        if _HEADER_NAME.fullmatch(name) is None:
            raise InvalidSettings(f"{name[:40]!r} is not a header name.")
        if name.lower() in _OURS:
            raise InvalidSettings(f"The header {name} belongs to the sender; it cannot be set.")
        if _NOT_IN_A_VALUE.search(value):
            raise InvalidSettings(f"The value of the header {name} holds a line break or a control character.")
    return split_url(request.url)


def _headers(request: PartnerRequest) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in request.headers}
    return [*((name, value) for name, value in _DEFAULTS.items() if name.lower() not in given), *request.headers]


async def _head_of(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            break
    return bytes(body)


_NO_KAFKA = (
    "A Kafka cluster cannot be tried from here: the workers reach it with a client of their own. Publish the connector,"
    " activate it, and look at its first deliveries."
)
# The first that fits, so the narrow ones come first.
_MEANINGS: tuple[tuple[type[Exception], TransportErrorKind, str], ...] = (
    (TimeoutError, TransportErrorKind.TIMEOUT, "{host} did not answer in time."),
    (
        aiohttp.ClientConnectorCertificateError,
        TransportErrorKind.TLS_INVALID,
        "{host} has a certificate that does not hold.",
    ),
    (aiohttp.ClientConnectorSSLError, TransportErrorKind.TLS_INVALID, "{host} does not speak TLS as we do."),
    (aiohttp.ClientConnectorDNSError, TransportErrorKind.NAME_NOT_FOUND, "{host} has no address, or nobody could say."),
    (aiohttp.ClientConnectorError, TransportErrorKind.CONNECTION_REFUSED, "{host} refused the connection."),
    (aiohttp.ClientResponseError, TransportErrorKind.ANSWER_UNREADABLE, "The answer of {host} is not HTTP."),
    (aiohttp.ClientError, TransportErrorKind.CONNECTION_LOST, "{host} closed the connection before the answer's end."),
    (OSError, TransportErrorKind.CONNECTION_LOST, "The connection to {host} was lost."),
    (ValueError, TransportErrorKind.REQUEST_INVALID, "The request to {host} cannot be written."),
)


def _explained(error: Exception) -> tuple[TransportErrorKind, str]:
    _, kind, sentence = next(meaning for meaning in _MEANINGS if isinstance(error, meaning[0]))
    return kind, sentence


def _ended(kind: TransportErrorKind, detail: str, started_at: float) -> TransportError:
    return TransportError(kind, detail, _ms(started_at))


def _ms(started_at: float) -> int:
    return int((monotonic() - started_at) * 1000)
