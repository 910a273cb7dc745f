"""Moves the simulator's bytes: one asyncio protocol per connection, replies in order, misbehaviours on the way out."""

import asyncio
import socket
import struct
from typing import cast

from deploy.local.simulator.behaviour import Behaviour
from deploy.local.simulator.exchange import UnreadableRequest, answer_bytes, read_request
from deploy.local.simulator.partner import Partner

GIGABYTE = 1024**3
PIECE = b"x" * 64 * 1024
GARBAGE = b"\x16\x03\x01 this is not HTTP\x00\xff\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """One client. While a reply is held back, later requests of the same connection wait behind it."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner
        self._buffer = b""
        self._held: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its ancestry

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._held is None:
            self._serve()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._held is not None:
            self._held.cancel()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _serve(self) -> None:
        while self._buffer and self._held is None:
            try:
                found = read_request(self._buffer)
            except UnreadableRequest:
                self._transport.write(answer_bytes(400, b"{}"))
                self._transport.close()
                return
            if found is None:
                return
            request, length = found
            self._buffer = self._buffer[length:]
            reply = self._partner.reply(request)
            if reply.behaviour is None:
                self._transport.write(reply.answer)
            else:
                self._held = asyncio.ensure_future(self._misbehave(reply.answer, reply.behaviour))

    async def _misbehave(self, answer: bytes, behaviour: Behaviour) -> None:
        if behaviour.latency_ms:
            await asyncio.sleep(behaviour.latency_ms / 1000)
        if behaviour.hang:
            await asyncio.get_running_loop().create_future()
        elif behaviour.reset:
            self._reset()
        elif behaviour.garbage:
            self._transport.write(GARBAGE)
            self._transport.close()
        elif behaviour.gigabyte:
            await self._write_a_gigabyte()
        elif behaviour.drip_ms is not None:
            await self._drip(answer, behaviour.drip_ms / 1000)
        else:
            self._transport.write(answer)
        self._held = None
        self._serve()

    def _reset(self) -> None:
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._transport.abort()

    async def _write_a_gigabyte(self) -> None:
        self._transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {GIGABYTE}\r\n\r\n".encode())
        for _ in range(GIGABYTE // len(PIECE)):
            await self._writable.wait()
            if self._transport.is_closing():
                return
            self._transport.write(PIECE)

    async def _drip(self, answer: bytes, pause: float) -> None:
        for byte in answer:
            if self._transport.is_closing():
                return
            self._transport.write(bytes((byte,)))
            await asyncio.sleep(pause)


async def serve(partner: Partner, port: int) -> asyncio.Server:
    """Listens on 127.0.0.1:`port` (0: any free one)."""
    return await asyncio.get_running_loop().create_server(lambda: Connection(partner), "127.0.0.1", port, backlog=1024)
