"""Whatever a partner answers, it is read within bounds of bytes, and the next request is served."""

import asyncio
import gzip
import resource
import socket
import struct

import pytest

from connectors.kit.exchange import TransportErrorKind
from stream_workers.http.limits import MAX_ANSWER_BYTES, SenderLimits
from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.partners import (
    OK,
    answer_of,
    answering,
    error_of,
    partner,
    read_request,
    sender_to_this_machine,
)

MEGABYTE = b"x" * 2**20


async def test_a_gigabyte_in_chunks_is_cut_at_the_cap(sender: HttpSender) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1024):
            writer.write(b"100000\r\n" + MEGABYTE + b"\r\n")
            await writer.drain()
            sent += 2**20

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with partner(flood) as hostile:
        for _ in range(10):
            answer = await answer_of(sender, hostile.url)
            assert (answer.status, len(answer.body), answer.truncated) == (200, MAX_ANSWER_BYTES, True)
    assert sent < 10 * 32 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    assert hostile.connections == 10


@pytest.mark.parametrize("length", [MAX_ANSWER_BYTES - 1, MAX_ANSWER_BYTES, MAX_ANSWER_BYTES + 1])
async def test_an_answer_is_called_truncated_only_when_something_is_missing(sender: HttpSender, length: int) -> None:
    async with answering(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + b"x" * length) as large:
        answer = await answer_of(sender, large.url)
    assert len(answer.body) == min(length, MAX_ANSWER_BYTES)
    assert answer.truncated == (length > MAX_ANSWER_BYTES)


async def test_a_gzip_bomb_stays_packed(sender: HttpSender) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    async with answering(head + bomb) as hostile:
        answer = await answer_of(sender, hostile.url)
    assert answer.body == bomb[:MAX_ANSWER_BYTES]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;" + b"e" * 3_000_000 + b"\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X-T: y\r\n" * 300_000 + b"\r\n",
        b"\0" * 1_000_000,
        b"\r\n" * 1_000_000,
        b"{}" * 1_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
    ids=["100,000 headers", "long header", "long reason", "endless 100s", "chunk extension", "trailers", "zeros"]
    + ["blank lines", "json without a head", "TLS", "SSH"],
)
async def test_what_is_not_an_answer_is_unreadable(sender: HttpSender, answer: bytes) -> None:
    async with answering(answer, keep_open=False) as hostile:
        error = await error_of(sender, hostile.url)
    assert error.kind in (TransportErrorKind.ANSWER_UNREADABLE, TransportErrorKind.CONNECTION_LOST)
    assert len(error.detail) < 200


async def test_a_detail_never_repeats_what_the_partner_wrote(sender: HttpSender) -> None:
    async with answering(b"HTTP/9 your token is hunter2\r\n\r\n") as hostile:
        assert "hunter2" not in (await error_of(sender, hostile.url)).detail


async def test_many_one_byte_chunks_are_read_like_one(sender: HttpSender) -> None:
    chunks = b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n"
    async with answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) as hostile:
        assert (await answer_of(sender, hostile.url)).body == b"x" * 50_000


async def test_an_answer_that_is_mostly_framing_is_given_up() -> None:
    limits = SenderLimits(answer_bytes=1_000, framing_factor=8)
    chunks = b"1;ext=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" * 900
    async with (
        sender_to_this_machine(limits=limits) as sender,
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks) as hostile,
    ):
        assert (await error_of(sender, hostile.url)).kind is TransportErrorKind.ANSWER_UNREADABLE


async def test_a_reset_in_the_middle_of_the_body_is_a_lost_connection(sender: HttpSender) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
        await writer.drain()
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async with partner(reset) as hostile:
        assert (await error_of(sender, hostile.url)).kind is TransportErrorKind.CONNECTION_LOST


async def test_an_answer_before_the_whole_request_was_read_ends_the_connection(sender: HttpSender) -> None:
    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with partner(hasty) as hostile:
        for _ in range(2):
            assert (await answer_of(sender, hostile.url, b"x" * 20_000_000)).status == 413
    assert hostile.connections == 2


async def test_bytes_that_nobody_asked_for_never_become_an_answer(sender: HttpSender) -> None:
    async def eager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await writer.drain()
        await asked_again.wait()
        writer.write(b"HTTP/1.1 500 Forged\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()
        dropped.set()

    asked_again, dropped = asyncio.Event(), asyncio.Event()
    async with partner(eager) as hostile:
        assert (await answer_of(sender, hostile.url)).status == 200
        asked_again.set()
        await asyncio.wait_for(dropped.wait(), 30)
        assert (await answer_of(sender, hostile.url)).status == 200
