"""A partner that costs almost nothing: counts requests by path, answers a constant, and says so when it is asked.

A process of its own: `python -m tests.bench.sink LATENCY_MS`. It prints its port, and one line of JSON for every line
on its standard input. Bodies with `"sent_at":` (unix microseconds) tell how long an event took to get here; a path
that ends in `/users` is Meta's, whose rows are counted; one that begins with `/hang` is never answered.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
LENGTH, SENT_AT = b"\r\ncontent-length:", b'"sent_at":'


class Tally:
    """What has come so far."""

    def __init__(self, latency_seconds: float) -> None:
        self.latency_seconds = latency_seconds
        self.events: Counter[bytes] = Counter()
        self.requests = 0
        self.took: list[int] = []
        self.last_at = 0.0
        self._late: deque[tuple[float, asyncio.Transport]] = deque()

    def note(self, path: bytes, body: bytes) -> None:
        self.requests += 1
        self.events[path] += body.count(b"],[") + 1 if path.endswith(b"/users") else 1
        self.last_at = time.time()
        begin = body.find(SENT_AT)
        if begin >= 0:
            digits = body[begin + len(SENT_AT) : begin + len(SENT_AT) + 16]
            self.took.append(time.time_ns() // 1000 - int(digits))

    def answer_later(self, transport: asyncio.Transport) -> None:
        """One timer for all: with one latency, answers are due in the order of their requests."""
        loop = asyncio.get_running_loop()
        self._late.append((loop.time() + self.latency_seconds, transport))
        if len(self._late) == 1:
            loop.call_later(self.latency_seconds, self._answer_due)

    def _answer_due(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time() + 0.0005
        while self._late and self._late[0][0] <= now:
            transport = self._late.popleft()[1]
            if not transport.is_closing():
                transport.write(ANSWER)
        if self._late:
            loop.call_later(max(0.001, self._late[0][0] - now), self._answer_due)

    def forget(self) -> None:
        self.events.clear()
        self.took.clear()
        self.requests = 0

    def told(self) -> str:
        took = sorted(self.took)
        return json.dumps(
            {
                "events": {path.decode(): count for path, count in self.events.items()},
                "requests": self.requests,
                "last_at": self.last_at,
                "p50_ms": took[len(took) // 2] / 1000 if took else None,
                "p99_ms": took[len(took) * 99 // 100] / 1000 if took else None,
            }
        )


class Connection(asyncio.Protocol):
    """Finds the end of each request; a whole one in one piece, which is the rule, costs four searches."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._parts:
            self._parts.append(data)
            self._have += len(data)
            if self._have < self._need:
                return
            data = b"".join(self._parts)
            self._parts = []
        while data:
            end = data.find(b"\r\n\r\n")
            length = (
                int(data[data.lower().find(LENGTH, 0, end) + len(LENGTH) : end].split(b"\r", 1)[0]) if end > 0 else 0
            )
            whole = end + 4 + length
            if end < 0 or len(data) < whole:
                self._parts, self._have, self._need = [data], len(data), whole if end > 0 else 0
                return
            self._request(data[:whole], end)
            data = data[whole:]

    def _request(self, data: bytes, end: int) -> None:
        path = data[data.find(b" ") + 1 : data.find(b" ", 8)]
        self._tally.note(path, data[end:])
        if path.startswith(b"/hang"):
            return
        if self._tally.latency_seconds:
            self._tally.answer_later(self._transport)
        else:
            self._transport.write(ANSWER)


async def serve(latency_seconds: float) -> None:
    loop, tally = asyncio.get_running_loop(), Tally(latency_seconds)
    server = await loop.create_server(lambda: Connection(tally), "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def asked() -> None:
        match sys.stdin.readline():
            case "":
                ended.set()
            case "forget\n":
                tally.forget()
            case _:
                print(tally.told(), flush=True)

    loop.add_reader(sys.stdin, asked)
    await ended.wait()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sink has seen."""

    events: dict[str, int]
    requests: int
    last_at: float
    p50_ms: float | None
    p99_ms: float | None

    def count(self, but: str = "/hang") -> int:
        """All events, without those on paths that begin so."""
        return sum(count for path, count in self.events.items() if not path.startswith(but))


class Sink:
    """A running sink."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self.port = int(process.stdout.readline())

    def seen(self) -> Seen:
        """Ask it."""
        assert self._process.stdout is not None
        self._tell("tell")
        return Seen(**json.loads(self._process.stdout.readline()))

    def forget(self) -> None:
        """Begin to count anew."""
        self._tell("forget")

    def _tell(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()


@contextmanager
def running_sink(latency_ms: float = 0) -> Iterator[Sink]:
    """A sink of one's own."""
    command = [sys.executable, "-m", "tests.bench.sink", str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Sink(process)
        finally:
            process.kill()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1]) / 1000))
