"""CPU per POST of the lean sender, beside aiohttp's ClientSession and beside no HTTP library at all.

Run from the root of the repository: `python -m tests.bench.sender [requests]`. The sink is a process of its own.
"""

import asyncio
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import uvloop

from connectors.kit.address import AddressPolicy
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.session_sender import SessionSender

ROUNDS = 5
AT_ONCE = 128
BODY = b'{"data":[{"schema":"EMAIL","value":"0123456789012345678901234567890123456789012345678901234567890123"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

Post = Callable[[], Awaitable[object]]


class Sink(asyncio.Protocol):
    """Answers every request; it costs as little as Python can."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._missing = b""

    def data_received(self, data: bytes) -> None:
        data = self._missing + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            length = int(data[data.lower().find(b"content-length:", 0, end) + 15 :].split(b"\r\n", 1)[0])
            if len(data) < end + 4 + length:
                break
            self._transport.write(ANSWER)
            data = data[end + 4 + length :]
        self._missing = data


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, backlog=1_024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def sink() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sender", "--sink"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


class Bare(asyncio.Protocol):
    """No HTTP: the same bytes out, whatever comes back; the floor under every sender in Python."""

    answered: "asyncio.Future[None]"

    def data_received(self, data: bytes) -> None:
        del data
        self.answered.set_result(None)


def request_to(port: int) -> PartnerRequest:
    headers = (("Content-Type", "application/json"), ("Authorization", "Bearer 0123456789"))
    return PartnerRequest("POST", f"http://127.0.0.1:{port}/v1/lists/l_82f1/members", headers, BODY)


async def lean(port: int, requests: int) -> float:
    sender = HttpSender(AddressPolicy((ip_network("127.0.0.1/32"),)))
    await sender.open()

    async def post() -> None:
        answer = await sender.send(
            request_to(port), connector_id="con_1", timeout_seconds=3.0, still_wanted=lambda: True
        )
        assert isinstance(answer, PartnerResponse), answer

    try:
        return await microseconds_each(post, requests)
    finally:
        await sender.close()


async def session(port: int, requests: int) -> float:
    async with SessionSender() as sender:

        async def post() -> None:
            answer = await sender.send(request_to(port), connector_id="con_1", timeout_seconds=3.0)
            assert isinstance(answer, PartnerResponse), answer

        return await microseconds_each(post, requests)


async def bare(port: int, requests: int) -> float:
    loop = asyncio.get_running_loop()
    data = f"POST / HTTP/1.1\r\nContent-Length: {len(BODY)}\r\nX-Fill: {'x' * 160}\r\n\r\n".encode() + BODY
    idle = [await loop.create_connection(Bare, "127.0.0.1", port) for _ in range(AT_ONCE)]

    async def post() -> None:
        transport, protocol = idle.pop()
        protocol.answered = loop.create_future()
        transport.write(data)
        await protocol.answered
        idle.append((transport, protocol))

    try:
        return await microseconds_each(post, requests)
    finally:
        for transport, _ in idle:
            transport.abort()


async def microseconds_each(post: Post, requests: int) -> float:
    """CPU of this process per call, after the connections are made."""
    numbers = iter(range(requests))

    async def worker() -> None:
        for _ in numbers:
            await post()

    await asyncio.gather(*(post() for _ in range(AT_ONCE)))
    before = cpu_seconds()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return (cpu_seconds() - before) / requests * 1e6


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(requests: int) -> None:
    contestants = {"bare socket": bare, "lean sender": lean, "ClientSession": session}
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    started = time.perf_counter()
    with sink() as port:
        for _ in range(ROUNDS):
            for name, contestant in contestants.items():
                measured[name].append(uvloop.run(contestant(port, requests)))
    print(f"CPU per POST, {ROUNDS} rounds of {requests} at {AT_ONCE} in flight, {time.perf_counter() - started:.0f} s")
    for name, figures in measured.items():
        print(f"{name:14} {statistics.median(figures):6.1f} us   ({min(figures):.1f} to {max(figures):.1f})")


if __name__ == "__main__":
    if "--sink" in sys.argv:
        uvloop.run(serve())
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
