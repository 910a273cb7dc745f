"""A partner proves who it is, or nothing is sent to it."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.kit.exchange import TransportErrorKind
from stream_workers.http.dialing import partner_tls
from tests.stream_workers.http.certificates import Authority, authority
from tests.stream_workers.http.partners import (
    GRACE_MS,
    OK,
    answer_of,
    error_of,
    names,
    open_files,
    partner,
    read_request,
    sender_to_this_machine,
)
from tests.support.lateness import lateness
from tests.support.waiting import eventually_true

HOST = "partner.example.com"
HERE = {HOST: ("127.0.0.1",), f"{HOST}.": ("127.0.0.1",)}


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await read_request(reader)
        writer.write(OK)


async def test_a_partner_with_a_trusted_certificate_is_answered_over_one_connection(trusted: Authority) -> None:
    async with (
        partner(serve, trusted.server(HOST)) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file), resolver=names(HERE)) as sender,
    ):
        for host in (HOST, HOST.upper(), HOST):
            assert (await answer_of(sender, f"https://{host}:{server.port}/")).body == b"ok"
        assert (await answer_of(sender, f"https://{HOST}.:{server.port}/")).body == b"ok"
    assert server.connections == 2


async def test_a_partner_may_be_named_by_its_address(trusted: Authority) -> None:
    async with (
        partner(serve, trusted.server("127.0.0.1")) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file)) as sender,
    ):
        assert (await answer_of(sender, server.url)).body == b"ok"


BAD: dict[str, tuple[Callable[[Authority], ssl.SSLContext], str]] = {
    "expired": (lambda trusted: trusted.server(HOST, days=-1), "expired"),
    "of another host": (lambda trusted: trusted.server("other.example.com"), "Hostname mismatch"),
    "self-signed": (lambda trusted: trusted.server(HOST, self_signed=True), "self-signed"),
}


@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD.keys())
async def test_a_bad_certificate_is_named_and_nothing_is_sent(
    trusted: Authority, make: Callable[[Authority], ssl.SSLContext], words: str
) -> None:
    heard = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        heard.append(await reader.read())

    async with (
        partner(listen, make(trusted)) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file), resolver=names(HERE)) as sender,
    ):
        error = await error_of(sender, f"https://{HOST}:{server.port}/")
    assert error.kind is TransportErrorKind.TLS_INVALID
    assert words in error.detail
    assert b"".join(heard) == b""


async def test_an_unknown_authority_is_not_trusted(tmp_path: Path, trusted: Authority) -> None:
    stranger = authority(tmp_path)
    async with (
        partner(serve, stranger.server(HOST)) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file), resolver=names(HERE)) as sender,
    ):
        error = await error_of(sender, f"https://{HOST}:{server.port}/")
    assert error.kind is TransportErrorKind.TLS_INVALID


async def test_a_partner_that_speaks_no_tls_is_named_so(trusted: Authority) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with (
        partner(plain) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file), resolver=names(HERE)) as sender,
    ):
        error = await error_of(sender, f"https://{HOST}:{server.port}/")
    assert error.kind is TransportErrorKind.TLS_INVALID


async def test_a_handshake_that_never_ends_is_cut_and_leaves_no_file(trusted: Authority) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        while await reader.read(1000):
            pass

    async with (
        partner(serve, trusted.server(HOST)) as warm,
        partner(mute) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file), resolver=names(HERE)) as sender,
    ):
        await answer_of(sender, f"https://{HOST}:{warm.port}/")
        files = open_files()
        url = f"https://{HOST}:{server.port}/"
        async with lateness() as late:
            errors = await asyncio.gather(*(error_of(sender, url, timeout_seconds=0.5) for _ in range(30)))
        assert {error.kind for error in errors} == {TransportErrorKind.TIMEOUT}
        assert max(error.duration_ms for error in errors) <= 500 + GRACE_MS + late.ms
        await eventually_true(lambda: server.open_connections == 0 and open_files() <= files)


async def test_a_partner_that_hangs_up_in_the_handshake_is_a_lost_connection(trusted: Authority) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read(1)

    async with (
        partner(hang_up) as server,
        sender_to_this_machine(tls=partner_tls(trusted.file), resolver=names(HERE)) as sender,
    ):
        error = await error_of(sender, f"https://{HOST}:{server.port}/")
    assert error.kind is TransportErrorKind.CONNECTION_LOST


def test_verification_is_always_on() -> None:
    context = partner_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
