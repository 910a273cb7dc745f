"""What the control plane sends to partners, and that it reaches nobody whom the operator has not allowed."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web

from connectors.kit.address import AddressPolicy, IPAddress
from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from control_plane.partner_client import MAX_ANSWER_BYTES, PartnerClient
from deploy.local.ports import free_port
from tests.connectors.kit.test_address import REFUSED_URLS
from tests.support.lateness import lateness
from tests.support.partner_server import PartnerServer, running_partner

PUBLIC_ONLY = AddressPolicy()
THIS_MACHINE = AddressPolicy((ip_network("127.0.0.0/8"),))
REFUSALS = {TransportErrorKind.ADDRESS_REFUSED, TransportErrorKind.REQUEST_INVALID}
DISGUISES = [
    *("127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "0", "0.0.0.0", "127.0.0.1."),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "user@127.0.0.1"),
    *("localhost", "localhost.", "canary.example.com", "mixed.example.com", "１２７.0.0.1"),
]


@pytest.fixture
async def partner() -> AsyncIterator[PartnerServer]:
    """A partner that listens."""
    async with running_partner() as server:
        yield server


async def leads_here(host: str) -> tuple[IPAddress, ...]:
    """A name server on the side of the attacker."""
    if host == "mixed.example.com":
        return ip_address("10.0.0.1"), ip_address("127.0.0.1"), ip_address("::1")
    return (ip_address("127.0.0.1"),)


async def get(client: PartnerClient, url: str, **changes: object) -> Answer:
    """One exchange within five seconds."""
    request = PartnerRequest(**{"method": "GET", "url": url, **changes})
    return await client.send(request, 5)


async def test_the_request_arrives_as_it_was_rendered(partner: PartnerServer) -> None:
    client = PartnerClient(THIS_MACHINE)
    headers = (("Content-Type", "text/x-list"), ("X-Part", "1"), ("X-Part", "2"))
    answer = await get(client, f"{partner.url}/a/../b?x=%2F", method="POST", headers=headers, body=b"\x00list")
    assert isinstance(answer, PartnerResponse)
    assert (answer.status, answer.body, answer.truncated) == (200, b'{"ok": true}', False)
    (heard,) = partner.heard
    assert (heard.method, heard.path, heard.body) == ("POST", "/a/../b?x=%2F", b"\x00list")
    assert heard.headers["Content-Type"] == "text/x-list"
    assert heard.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("host", DISGUISES)
async def test_no_disguise_of_an_address_reaches_a_canary(partner: PartnerServer, host: str) -> None:
    port = partner.url.rpartition(":")[2]
    answer = await get(PartnerClient(PUBLIC_ONLY, lookup=leads_here), f"http://{host}:{port}/")
    assert isinstance(answer, TransportError)
    assert answer.kind in REFUSALS
    assert partner.heard == []


@pytest.mark.parametrize("url", REFUSED_URLS)
async def test_what_is_refused_at_save_is_refused_at_send(url: str) -> None:
    answer = await get(PartnerClient(PUBLIC_ONLY, lookup=leads_here), url)
    assert isinstance(answer, TransportError)
    assert answer.kind in REFUSALS


async def test_the_address_that_was_judged_is_the_one_connected_to(partner: PartnerServer) -> None:
    answers = iter([(ip_address("127.0.0.1"),)])

    async def rebinding(_: str) -> tuple[IPAddress, ...]:
        return next(answers)

    port = partner.url.rpartition(":")[2]
    answer = await get(PartnerClient(THIS_MACHINE, lookup=rebinding), f"http://rebinding.example.com:{port}/")
    assert isinstance(answer, PartnerResponse), "a second look-up would have found nothing"


async def test_of_several_addresses_only_the_allowed_ones_are_tried(partner: PartnerServer) -> None:
    port = partner.url.rpartition(":")[2]
    answer = await get(PartnerClient(THIS_MACHINE, lookup=leads_here), f"http://mixed.example.com:{port}/")
    assert isinstance(answer, PartnerResponse)


async def test_a_redirect_is_an_answer_and_is_not_followed(partner: PartnerServer) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": str(request.url.with_path("/elsewhere"))})

    partner.answering = away
    answer = await get(PartnerClient(THIS_MACHINE), partner.url)
    assert isinstance(answer, PartnerResponse)
    assert answer.status == 302
    assert len(partner.heard) == 1


async def test_proxies_of_the_environment_are_not_used(partner: PartnerServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    assert isinstance(await get(PartnerClient(THIS_MACHINE), partner.url), PartnerResponse)


async def test_an_answer_is_read_up_to_the_cap(partner: PartnerServer) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    partner.answering = endless
    answer = await get(PartnerClient(THIS_MACHINE), partner.url)
    assert isinstance(answer, PartnerResponse)
    assert (len(answer.body), answer.truncated) == (MAX_ANSWER_BYTES, True)


async def test_the_deadline_is_total(partner: PartnerServer) -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    partner.answering = drips
    async with lateness() as late:
        answer = await PartnerClient(THIS_MACHINE).send(PartnerRequest("GET", partner.url), 0.3)
    assert isinstance(answer, TransportError)
    assert answer.kind is TransportErrorKind.TIMEOUT
    assert 300 <= answer.duration_ms < 2_000 + late.ms


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("TRACE", ()),
        ("GET", (("Host", "elsewhere"),)),
        ("GET", (("transfer-encoding", "chunked"),)),
        ("GET", (("X-A", "1\r\nX-B: 2"),)),
        ("GET", (("X A", "1"),)),
    ],
)
async def test_no_part_of_a_request_can_forge_another(
    partner: PartnerServer, method: str, headers: tuple[tuple[str, str], ...]
) -> None:
    answer = await get(PartnerClient(THIS_MACHINE), partner.url, method=method, headers=headers)
    assert isinstance(answer, TransportError)
    assert answer.kind is TransportErrorKind.REQUEST_INVALID
    assert partner.heard == []


async def test_why_there_is_no_answer_is_told_by_kind() -> None:
    async def nobody(_: str) -> tuple[IPAddress, ...]:
        raise OSError("no such name")

    refused = await get(PartnerClient(THIS_MACHINE), f"http://127.0.0.1:{free_port()}/")
    unknown = await get(PartnerClient(THIS_MACHINE, lookup=nobody), "http://nobody.example.com/")
    kafka = await get(PartnerClient(THIS_MACHINE), "kafka://127.0.0.1:9092", method="METADATA")
    kinds = [answer.kind for answer in (refused, unknown, kafka) if isinstance(answer, TransportError)]
    assert kinds == [
        TransportErrorKind.CONNECTION_REFUSED,
        TransportErrorKind.NAME_NOT_FOUND,
        TransportErrorKind.REQUEST_INVALID,
    ]


async def test_a_certificate_that_nobody_vouches_for_is_refused(partner: PartnerServer) -> None:
    answer = await get(PartnerClient(THIS_MACHINE), partner.url.replace("http:", "https:"))
    assert isinstance(answer, TransportError)
    assert answer.kind is TransportErrorKind.TLS_INVALID


async def test_what_is_no_http_is_told(partner: PartnerServer) -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        answer = await get(PartnerClient(THIS_MACHINE), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert isinstance(answer, TransportError)
    assert answer.kind is TransportErrorKind.ANSWER_UNREADABLE
