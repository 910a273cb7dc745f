"""A TCP proxy that breaks what passes through it: delay, trickle, silence, resets, connections that only look open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

PIECE_BYTES = 16 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Weather:
    """What befalls the bytes of every connection from now on; the plain one lets all pass at once."""

    delay_seconds: float = 0.0
    bytes_per_second: float | None = None
    silent: bool = False
    """Nothing arrives, in no direction, and nobody is told; what was sent arrives when the silence ends."""
    reset_after: int | None = None
    """A connection is reset when its client has sent this many bytes."""

    def seconds(self, size: int) -> float:
        """How long a piece takes."""
        return self.delay_seconds + (size / self.bytes_per_second if self.bytes_per_second else 0.0)


CALM = Weather()


class TcpProxy:
    """Lives in a thread of its own; every method may be called from anywhere, and has taken effect when it returns."""

    def __init__(self, target_port: int, target_host: str = "127.0.0.1") -> None:
        self.port = 0
        self.accepted = 0
        self._target = (target_host, target_port)
        self._weather = CALM
        self._calm = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._call(self._listen)

    def close(self) -> None:
        """End every connection, and the thread."""
        self._call(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()

    def heal(self) -> None:
        """Everything passes again; connections that only look open stay so."""
        self._set(lambda _before: CALM)
        self._call(self._listen)

    def refuse(self) -> None:
        """Open connections are reset and new ones are refused, as of a host where nothing listens, until `heal`."""
        self._call(self._stop_listening)

    def delay(self, seconds: float) -> None:
        """Every piece, in both directions, takes so long."""
        self._set(lambda before: replace(before, delay_seconds=seconds))

    def slow(self, bytes_per_second: float) -> None:
        """Every connection and direction carries this much."""
        self._set(lambda before: replace(before, bytes_per_second=bytes_per_second))

    def cut_off(self) -> None:
        """Silence: connections stay open and new ones are accepted, but no byte arrives until `heal`."""
        self._set(lambda before: replace(before, silent=True))

    def reset_after(self, bytes_from_client: int) -> None:
        """Connections are reset in the middle of what the client sends."""
        self._set(lambda before: replace(before, reset_after=bytes_from_client))

    def reset(self) -> None:
        """Both ends of every connection get a reset now."""
        self._call(self._reset_all)

    def half_open(self) -> None:
        """The far end of every connection is closed, and the near end never hears of it; new connections are well."""
        self._call(self._lose_all)

    @property
    def open_connections(self) -> int:
        """How many there are now, those that only look open included."""
        return len(self._connections)

    # --- in the thread ---

    def _call(self, action: Callable[[], object]) -> None:
        async def act() -> None:
            result = action()
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(act(), self._loop).result(START_SECONDS)

    def _set(self, change: Callable[[Weather], Weather]) -> None:
        def apply() -> None:
            self._weather = change(self._weather)
            (self._calm.clear if self._weather.silent else self._calm.set)()

        self._call(apply)

    async def _listen(self) -> None:
        if self._server is not None:
            return
        self._calm.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=PIECE_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset_all()

    async def _end(self) -> None:
        self._stop_listening()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A plain function, as asyncio prints a traceback for each handler of its own that is cancelled at the end."""
        task = self._loop.create_task(self._serve(_End(reader, writer)))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, near: _End) -> None:
        self.accepted += 1
        connection = _Connection(near, self.passage)
        self._connections.add(connection)
        try:
            await self._calm.wait()
            connection.far = _End(*await asyncio.open_connection(*self._target, limit=PIECE_BYTES))
            await connection.carry()
        except OSError:
            near.reset()
        finally:
            connection.close()
            self._connections.discard(connection)

    async def passage(self, size: int, sent_by_client: int) -> bool:
        """Wait as long as a piece takes; false when the connection is to be reset instead."""
        seconds = self._weather.seconds(size)
        if seconds:
            await asyncio.sleep(seconds)
        await self._calm.wait()
        limit = self._weather.reset_after
        return limit is None or sent_by_client <= limit

    def _reset_all(self) -> None:
        for connection in list(self._connections):
            connection.reset()

    def _lose_all(self) -> None:
        for connection in list(self._connections):
            connection.lose()


@dataclass(eq=False, slots=True)
class _End:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def reset(self) -> None:
        own: socket.socket = self.writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.writer.transport.abort()


class _Connection:
    def __init__(self, near: _End, passage: Callable[[int, int], Awaitable[bool]]) -> None:
        self.near = near
        self.far: _End | None = None
        self._passage = passage
        self._sent_by_client = 0
        self._lost = asyncio.Event()

    async def carry(self) -> None:
        assert self.far is not None
        both = [
            asyncio.ensure_future(self._pump(self.near, self.far, counts=True)),
            asyncio.ensure_future(self._pump(self.far, self.near, counts=False)),
        ]
        try:
            await asyncio.gather(*both)
        except OSError:
            self.reset()
        finally:
            for task in both:
                task.cancel()

    def lose(self) -> None:
        self._lost.set()
        if self.far is not None:
            self.far.writer.close()

    def reset(self) -> None:
        for end in (self.near, self.far):
            if end is not None:
                end.reset()

    def close(self) -> None:
        for end in (self.near, self.far):
            if end is not None:
                end.writer.close()

    async def _pump(self, source: _End, target: _End, *, counts: bool) -> None:
        while piece := await source.reader.read(PIECE_BYTES):
            if counts:
                self._sent_by_client += len(piece)
            if not await self._passage(len(piece), self._sent_by_client if counts else 0):
                raise ConnectionResetError
            if self._lost.is_set():
                break
            target.writer.write(piece)
            await target.writer.drain()
        if self._lost.is_set():
            await asyncio.get_running_loop().create_future()  # the near end waits for ever, as behind a dead router
        if target.writer.can_write_eof():
            target.writer.write_eof()


@contextmanager
def tcp_proxy(target_port: int) -> Iterator[TcpProxy]:
    """A proxy before a port of this machine; ends with the block."""
    proxy = TcpProxy(target_port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.close()
