"""A name server that hangs holds up its own names and no others."""

import asyncio
import socket
import threading
from contextlib import ExitStack
from ipaddress import ip_address

import pytest

from connectors.kit.address import IPAddress
from connectors.kit.exchange import TransportErrorKind
from stream_workers.http.resolving import NameNotFound, Resolver, system_lookup
from tests.stream_workers.http.partners import (
    GRACE_MS,
    OK,
    answer_of,
    answering,
    error_of,
    names,
    open_files,
    sender_to_this_machine,
)
from tests.support.lateness import lateness
from tests.support.waiting import eventually_true

HERE = (ip_address("127.0.0.1"),)


class NameServer:
    """Knows every name; those that begin with `hang` it answers only after `let_go`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()

    def __call__(self, host: str) -> tuple[IPAddress, ...]:
        self.asked.append(host)
        if host.startswith("hang"):
            self.let_go.wait(30)
        return HERE


async def test_a_hanging_name_is_cut_in_time_while_others_are_served() -> None:
    server = NameServer()
    async with (
        answering(OK) as partner,
        sender_to_this_machine(resolver=Resolver(server)) as sender,
        lateness() as late,
    ):
        hanging = [
            asyncio.create_task(error_of(sender, f"http://hang{n % 40}.example.com/", timeout_seconds=0.5))
            for n in range(200)
        ]
        for n in range(20):
            assert (await answer_of(sender, f"http://good{n}.example.com:{partner.port}/")).status == 200
        errors = await asyncio.gather(*hanging)
    server.let_go.set()
    assert {error.kind for error in errors} == {TransportErrorKind.TIMEOUT}
    assert max(error.duration_ms for error in errors) <= 500 + GRACE_MS + late.ms


async def test_names_that_hang_leave_half_of_the_threads_to_the_others() -> None:
    server = NameServer()
    resolver = Resolver(server, threads=8)
    resolver.SLOW_SECONDS = 0.01
    hanging = [asyncio.create_task(resolver.resolve(f"hang{n}")) for n in range(4)]
    await eventually_true(lambda: len(resolver._suspects) == 4)
    resolver._suspects["hang4"] = None
    with pytest.raises(NameNotFound):
        await resolver.resolve("hang4")
    assert await resolver.resolve("good") == HERE
    server.let_go.set()
    assert await asyncio.gather(*hanging) == [HERE] * 4


async def test_threads_are_bounded() -> None:
    server = NameServer()
    resolver = Resolver(server, threads=3)
    hanging = [asyncio.create_task(resolver.resolve(f"hang{n}")) for n in range(3)]
    await eventually_true(lambda: len(server.asked) == 3)
    with pytest.raises(NameNotFound, match="too many"):
        await resolver.resolve("good")
    server.let_go.set()
    await asyncio.gather(*hanging)
    assert await resolver.resolve("good") == HERE


async def test_one_look_up_serves_all_who_wait_for_it_even_when_one_gives_up() -> None:
    server = NameServer()
    resolver = Resolver(server)
    callers = [asyncio.create_task(resolver.resolve("hang")) for _ in range(50)]
    await eventually_true(lambda: server.asked)
    callers[0].cancel()
    server.let_go.set()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [HERE] * 49
    assert server.asked == ["hang"]


async def test_an_answer_is_remembered_and_then_refreshed_without_waiting() -> None:
    server = NameServer()
    resolver = Resolver(server)
    assert await resolver.resolve("good") == HERE
    assert await resolver.resolve("good") == HERE
    assert server.asked == ["good"]
    resolver.FRESH_SECONDS = 0.0
    known = resolver._known["good"]
    resolver._known["good"] = type(known)(known.addresses, "", 0.0, known.usable_until)
    assert await resolver.resolve("good") == HERE
    await eventually_true(lambda: server.asked == ["good", "good"])


async def test_an_old_answer_serves_while_the_name_server_is_down() -> None:
    is_down = False

    def lookup(host: str) -> tuple[IPAddress, ...]:
        del host
        if is_down:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return HERE

    resolver = Resolver(lookup)
    resolver.FRESH_SECONDS = 0.0
    assert await resolver.resolve("good") == HERE
    is_down = True
    for _ in range(5):
        assert await resolver.resolve("good") == HERE
        await eventually_true(lambda: not resolver._flights)
    resolver._known.clear()
    with pytest.raises(NameNotFound):
        await resolver.resolve("good")


async def test_old_answers_serve_while_more_names_than_threads_want_to_be_looked_up() -> None:
    server = NameServer()
    resolver = Resolver(server, threads=3)
    resolver.FRESH_SECONDS = 0.0
    good = [f"good{n}" for n in range(5)]
    for name in good:
        assert await resolver.resolve(name) == HERE
    hanging = [asyncio.create_task(resolver.resolve(f"hang{n}")) for n in range(3)]
    await eventually_true(lambda: len(resolver._flights) == 3)
    for name in good:
        assert await resolver.resolve(name) == HERE
    server.let_go.set()
    assert await asyncio.gather(*hanging) == [HERE] * 3


async def test_memory_for_names_is_bounded() -> None:
    resolver = Resolver(NameServer())
    resolver.MAX_NAMES = 10
    for n in range(30):
        await resolver.resolve(f"good{n}")
    assert len(resolver._known) == 10


async def test_a_name_that_does_not_exist_is_named_so() -> None:
    async with sender_to_this_machine(resolver=names({})) as sender:
        error = await error_of(sender, "https://nobody.example.com/")
    assert error.kind is TransportErrorKind.NAME_NOT_FOUND
    assert "nobody.example.com" in error.detail


async def test_a_name_without_addresses_is_not_found() -> None:
    async with sender_to_this_machine(resolver=names({"empty.example.com": ()})) as sender:
        error = await error_of(sender, "https://empty.example.com/")
    assert error.kind is TransportErrorKind.NAME_NOT_FOUND


def test_the_operating_system_knows_this_machine() -> None:
    assert ip_address("127.0.0.1") in system_lookup("localhost")


def test_a_name_reserved_to_be_unknown_is_unknown() -> None:
    with pytest.raises(OSError, match=r".+"):
        system_lookup("nobody.invalid")


async def test_a_partner_that_swallows_connection_attempts_is_cut_and_leaves_no_file() -> None:
    with socket.create_server(("0.0.0.0", 0), backlog=0) as deaf, ExitStack() as queue:
        port = deaf.getsockname()[1]
        for host in ("127.0.0.1", "127.0.0.2"):
            for _ in range(3):
                waiting = queue.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex((host, port))
        resolver = names({"deaf.example.com": ("127.0.0.1", "127.0.0.2")})
        async with sender_to_this_machine(resolver=resolver) as sender:
            url = f"http://deaf.example.com:{port}/"
            await error_of(sender, url, timeout_seconds=0.5)
            files = open_files()
            async with lateness() as late:
                errors = await asyncio.gather(*(error_of(sender, url, timeout_seconds=0.6) for _ in range(20)))
            assert {error.kind for error in errors} == {TransportErrorKind.TIMEOUT}
            assert max(error.duration_ms for error in errors) <= 600 + GRACE_MS + late.ms
            await eventually_true(lambda: open_files() <= files)


async def test_nobody_listening_is_a_refused_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with sender_to_this_machine() as sender:
            error = await error_of(sender, f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert error.kind is TransportErrorKind.CONNECTION_REFUSED


async def test_the_second_address_serves_when_the_first_refuses() -> None:
    resolver = names({"two.example.com": ("127.0.0.9", "127.0.0.1")})
    async with answering(OK) as partner, sender_to_this_machine(resolver=resolver) as sender:
        assert (await answer_of(sender, f"http://two.example.com:{partner.port}/")).status == 200
