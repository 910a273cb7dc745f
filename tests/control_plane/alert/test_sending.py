"""How a letter travels: signed to a web server, by way of a mail server, and to no address that is not allowed."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from connectors.kit.address import AddressPolicy
from connectors.kit.sealing import Sealer, new_key
from control_plane.alert.messages import Letter
from control_plane.alert.post import WorldwidePost
from control_plane.alert.service import SECRET
from control_plane.partner_client import PartnerClient
from control_plane.settings import MailSettings
from deploy.local.ports import free_port

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LETTER = Letter(
    id="msg_1",
    alert_id="alr_1",
    channel={"kind": "webhook", "url": "https://hooks.example/in"},
    secret=None,
    body={
        "type": "alert.started",
        "at": "2026-03-01T12:00:00+00:00",
        "workspace": "default",
        "alert": {"id": "alr_1", "name": "Ledger\r\nBcc: all@example.org"},
        "connector": {"id": "con_1", "name": "Ledger EU"},
        "detail": "Most calls fail.",
    },
    created_at=datetime.now(UTC),
    tries=0,
)


@asynccontextmanager
async def receiver(status: int) -> AsyncIterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A web server on loopback that remembers what it was sent."""
    received: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        received.append((dict(request.headers), await request.read()))
        return web.Response(status=status, headers={"Location": "https://elsewhere.example/"})

    app = web.Application()
    app.router.add_post("/in", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    await site.start()
    try:
        yield f"{site.name}/in", received
    finally:
        await runner.cleanup()


def post(sealer: Sealer, *, allow: str = "127.0.0.1/32", mail: MailSettings | None = None) -> WorldwidePost:
    return WorldwidePost(PartnerClient(AddressPolicy((ip_network(allow),))), sealer, mail or MailSettings())


def letter_to(channel: dict[str, Any], secret: str | None = None) -> Letter:
    return replace(LETTER, channel=channel, secret=secret)


async def test_a_webhook_is_signed_so_that_the_standards_own_library_accepts_it() -> None:
    sealer = Sealer([new_key()])
    async with receiver(204) as (url, received):
        letter = letter_to({"kind": "webhook", "url": url}, sealer.seal("alr_1", SECRET, SIGNING))
        assert await post(sealer).send(letter, datetime.now(UTC)) is None
    ((headers, body),) = received
    verified = Webhook(SIGNING).verify(body, {name.lower(): value for name, value in headers.items()})
    assert verified["alert"]["id"] == "alr_1"
    assert headers["webhook-id"] == "msg_1"


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_only_a_success_counts_as_taken(status: int) -> None:
    async with receiver(status) as (url, received):
        trouble = await post(Sealer([new_key()])).send(letter_to({"kind": "webhook", "url": url}), datetime.now(UTC))
    assert trouble == f"The receiver answered {status}."
    assert len(received) == 1


async def test_an_address_that_is_not_allowed_is_not_called() -> None:
    async with receiver(204) as (url, received):
        guarded = post(Sealer([new_key()]), allow="10.0.0.0/8")
        trouble = await guarded.send(letter_to({"kind": "webhook", "url": url}), datetime.now(UTC))
    assert "loopback" in (trouble or "")
    assert received == []


@asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """As little SMTP as a client needs."""
    messages: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            match line.split()[0].upper():
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    messages.append((await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n"))
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 fine\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], messages


async def test_an_e_mail_reaches_the_mail_server_and_no_name_adds_a_header() -> None:
    async with mail_server() as (port, messages):
        mail = MailSettings(host="127.0.0.1", port=port, starttls=False, sender="patchbay@example.org")
        letter = letter_to({"kind": "email", "to": ["ada@example.org", "bob@example.org"]})
        assert await post(Sealer([new_key()]), mail=mail).send(letter, datetime.now(UTC)) is None
    message = email.message_from_bytes(messages[0])
    assert message["To"] == "ada@example.org, bob@example.org"
    assert message["Bcc"] is None
    assert message["Subject"] == "Ledger EU: Ledger Bcc: all@example.org began"
    assert message["Message-ID"] == "<msg_1@patchbay.alerts>"
    assert "Most calls fail." in message.get_payload()


async def test_a_mail_server_without_tls_is_not_trusted_unless_told_so() -> None:
    async with mail_server() as (port, messages):
        mail = MailSettings(host="127.0.0.1", port=port)
        letter = letter_to({"kind": "email", "to": ["ada@example.org"]})
        trouble = await post(Sealer([new_key()]), mail=mail).send(letter, datetime.now(UTC))
    assert trouble == "The mail server did not take it: SMTPNotSupportedError."
    assert messages == []
