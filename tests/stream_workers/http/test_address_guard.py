"""No connection is made to an address that the policy refuses, whatever name, form or redirect leads there."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from ipaddress import ip_address, ip_network

import pytest

from connectors.kit.address import AddressPolicy, IPAddress
from connectors.kit.exchange import TransportErrorKind
from stream_workers.http.resolving import Resolver
from tests.connectors.kit.test_address import REFUSED_URLS
from tests.stream_workers.http.partners import (
    OK,
    answer_of,
    answering,
    error_of,
    names,
    sender_to_this_machine,
)

PUBLIC_ONLY = AddressPolicy()
REFUSALS = {TransportErrorKind.ADDRESS_REFUSED, TransportErrorKind.REQUEST_INVALID}

TO_THE_CANARY = [
    "127.0.0.1",
    "127.1",
    "127.0.0.2",
    "0.0.0.0",
    "0",
    "0x7f000001",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "127.0.0.1.",
    "user@127.0.0.1",
    "example.com@127.0.0.1",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "ip6-localhost",
    "canary.example.com",
    "alias.example.com",
    "mapped.example.com",
    "mixed.example.com",
]


def leads_here(host: str) -> tuple[IPAddress, ...]:
    """A name server on the side of the attacker."""
    if host == "mapped.example.com":
        return (ip_address("::ffff:127.0.0.1"),)
    if host == "mixed.example.com":
        return ip_address("10.0.0.1"), ip_address("127.0.0.1"), ip_address("::1")
    return (ip_address("127.0.0.1"),)


async def test_no_form_of_an_address_reaches_a_canary() -> None:
    async with AsyncExitStack() as stack:
        canary = await stack.enter_async_context(answering(OK))
        sender = await stack.enter_async_context(sender_to_this_machine(PUBLIC_ONLY, resolver=Resolver(leads_here)))
        for host in TO_THE_CANARY:
            error = await error_of(sender, f"http://{host}:{canary.port}/")
            assert error.kind in REFUSALS, (host, error)
    assert canary.connections == 0


@pytest.mark.parametrize("url", REFUSED_URLS)
async def test_what_is_refused_at_save_is_refused_at_send(url: str) -> None:
    async with sender_to_this_machine(PUBLIC_ONLY, resolver=Resolver(leads_here)) as sender:
        assert (await error_of(sender, url)).kind in REFUSALS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async with answering(OK) as canary:
        redirect = f"HTTP/1.1 {status} Moved\r\nLocation: {canary.url}\r\nContent-Length: 0\r\n\r\n".encode()
        async with answering(redirect) as partner, sender_to_this_machine() as sender:
            answer = await answer_of(sender, partner.url)
    assert (answer.status, answer.headers["location"]) == (status, canary.url)
    assert canary.connections == 0


async def test_a_name_that_changes_its_address_is_judged_at_every_connection() -> None:
    async with answering(OK, keep_open=False) as partner:
        told = iter(["127.0.0.1", "127.0.0.2", "127.0.0.1"])

        def rebinding(host: str) -> tuple[IPAddress, ...]:
            del host
            return (ip_address(next(told)),)

        resolver = Resolver(rebinding)
        resolver.FRESH_SECONDS = resolver.USABLE_SECONDS = 0.0
        policy = AddressPolicy((ip_network("127.0.0.1/32"),))
        async with sender_to_this_machine(policy, resolver=resolver) as sender:
            url = f"http://rebinding.example.com:{partner.port}/"
            assert (await answer_of(sender, url)).status == 200
            sender.forget("con_1")
            assert (await error_of(sender, url)).kind is TransportErrorKind.ADDRESS_REFUSED
            assert (await answer_of(sender, url)).status == 200
    assert partner.connections == 2


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to() -> None:
    looked_up = []

    def once(host: str) -> tuple[IPAddress, ...]:
        looked_up.append(host)
        return (ip_address("127.0.0.1" if len(looked_up) == 1 else "127.0.0.2"),)

    async with answering(OK) as partner, sender_to_this_machine(resolver=Resolver(once)) as sender:
        assert (await answer_of(sender, f"http://partner.example.com:{partner.port}/")).status == 200
    assert looked_up == ["partner.example.com"]


async def test_of_several_addresses_only_the_allowed_are_tried() -> None:
    policy = AddressPolicy((ip_network("127.0.0.1/32"),))
    resolver = names({"mixed.example.com": ("127.0.0.2", "10.0.0.1", "127.0.0.1")})
    async with answering(OK) as partner, sender_to_this_machine(policy, resolver=resolver) as sender:
        assert (await answer_of(sender, f"http://mixed.example.com:{partner.port}/")).status == 200


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(OK) as proxy, answering(OK) as partner, sender_to_this_machine() as sender:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await answer_of(sender, partner.url)
    assert (proxy.connections, partner.connections) == (0, 1)


async def test_no_cookie_is_kept() -> None:
    async with (
        answering(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\n\r\n") as partner,
        sender_to_this_machine() as sender,
    ):
        await answer_of(sender, partner.url)
        await answer_of(sender, partner.url)
    assert not any(b"cookie" in request.lower() for request in partner.heard)


async def test_a_tls_partner_is_guarded_alike() -> None:
    context = ssl.create_default_context()
    async with answering(OK) as canary, sender_to_this_machine(PUBLIC_ONLY, tls=context) as sender:
        errors = await asyncio.gather(*(error_of(sender, f"https://127.0.0.1:{canary.port}/") for _ in range(5)))
    assert {error.kind for error in errors} == {TransportErrorKind.ADDRESS_REFUSED}
    assert canary.connections == 0
