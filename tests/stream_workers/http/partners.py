"""Partners of every temper on local sockets, and short ways to call them."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from connectors.kit.address import AddressPolicy, IPAddress
from connectors.kit.exchange import Answer, NotSent, PartnerRequest, PartnerResponse, TransportError
from stream_workers.http.limits import SenderLimits
from stream_workers.http.resolving import Resolver
from stream_workers.http.sender import HttpSender

THIS_MACHINE = AddressPolicy((ip_network("127.0.0.0/8"), ip_network("::1/128")))
GRACE_MS = 300
"""How much later than it should a call may end on an event loop that is never late."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Partner:
    """A listening partner; `heard` holds the raw bytes of every request that it read to its end."""

    port: int
    scheme: str = "http"
    connections: int = 0
    open_connections: int = 0
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One whole request; raises `IncompleteReadError` when the sender goes away."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


@asynccontextmanager
async def partner(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Partner]:
    """A server that runs `behaviour` once per connection, and is gone afterwards."""
    handlers: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        this.connections += 1
        this.open_connections += 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await behaviour(reader, writer)
        finally:
            this.open_connections -= 1
            handlers.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, backlog=2_048)
    this = Partner(server.sockets[0].getsockname()[1], "https" if tls else "http")
    try:
        yield this
    finally:
        server.close()
        for task in list(handlers):
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


@asynccontextmanager
async def answering(*segments: bytes, keep_open: bool = True) -> AsyncIterator[Partner]:
    """A partner that answers each request with these bytes, each segment flushed on its own."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            this.heard.append(await read_request(reader))
            for segment in segments:
                writer.write(segment)
                await writer.drain()
                await asyncio.sleep(0.002)  # lets the segments travel apart; nothing depends on it
            if not keep_open:
                return

    async with partner(behave) as this:
        yield this


@asynccontextmanager
async def sender_to_this_machine(
    policy: AddressPolicy = THIS_MACHINE,
    *,
    tls: ssl.SSLContext | None = None,
    resolver: Resolver | None = None,
    limits: SenderLimits | None = None,
) -> AsyncIterator[HttpSender]:
    sender = HttpSender(policy, tls=tls, resolver=resolver, limits=limits)
    await sender.open()
    try:
        yield sender
    finally:
        await sender.close()


async def post(
    sender: Any,
    url: str,
    body: bytes = b"{}",
    *,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    method: str = "POST",
    timeout_seconds: float = 3.0,
    connector_id: str = "con_1",
    **more: Any,
) -> Answer | NotSent:
    request = PartnerRequest(method, url, headers, body)
    return await sender.send(request, connector_id=connector_id, timeout_seconds=timeout_seconds, **more)


async def answer_of(*arguments: Any, **more: Any) -> PartnerResponse:
    """The same, where an answer must come."""
    answer = await post(*arguments, **more)
    assert isinstance(answer, PartnerResponse), answer
    return answer


async def error_of(*arguments: Any, **more: Any) -> TransportError:
    """The same, where no answer may come."""
    answer = await post(*arguments, **more)
    assert isinstance(answer, TransportError), answer
    return answer


def names(table: dict[str, tuple[str, ...]]) -> Resolver:
    """A resolver that knows these names and no others."""

    def lookup(host: str) -> tuple[IPAddress, ...]:
        if host not in table:
            raise OSError("no such name")
        return tuple(ip_address(text) for text in table[host])

    return Resolver(lookup)


def open_files() -> int:
    """How many files and sockets this process holds."""
    return len(os.listdir("/proc/self/fd"))
