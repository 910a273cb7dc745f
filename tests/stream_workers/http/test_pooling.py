"""Connections are kept, bounded, never shared between connectors, and repaired when a partner closed them."""

import asyncio
import time
from typing import Any

import pytest

from connectors.kit.exchange import NOT_SENT, TransportErrorKind
from stream_workers.http.limits import SenderLimits
from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.partners import (
    OK,
    answer_of,
    answering,
    error_of,
    partner,
    post,
    read_request,
    sender_to_this_machine,
)
from tests.support.waiting import eventually_true


async def test_calls_one_after_another_share_a_connection(sender: HttpSender) -> None:
    async with answering(OK) as server:
        for n in range(20):
            assert (await answer_of(sender, f"{server.url}{n}")).status == 200
    assert server.connections == 1


async def test_connectors_never_share_a_connection(sender: HttpSender) -> None:
    async with answering(OK) as server:
        for connector_id in ("con_1", "con_2", "con_1", "con_2"):
            await answer_of(sender, server.url, connector_id=connector_id)
    assert server.connections == 2


async def test_a_removed_connectors_connections_are_closed_and_the_others_stay(sender: HttpSender) -> None:
    async with answering(OK) as server:
        await answer_of(sender, server.url, connector_id="con_1")
        await answer_of(sender, server.url, connector_id="con_2")
        sender.forget("con_1")
        sender.forget("con_never_used")
        await eventually_true(lambda: server.open_connections == 1)
        await answer_of(sender, server.url, connector_id="con_2")
        assert server.connections == 2


async def test_a_removed_connectors_running_call_ends_and_its_connection_with_it(sender: HttpSender) -> None:
    release = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await release.wait()
        writer.write(OK)
        await reader.read()

    async with partner(wait) as server:
        call = asyncio.create_task(answer_of(sender, server.url))
        await eventually_true(lambda: server.open_connections == 1)
        sender.forget("con_1")
        release.set()
        assert (await call).status == 200
        await eventually_true(lambda: server.open_connections == 0)


async def test_idle_connections_are_bounded_per_connector_and_in_all() -> None:
    limits = SenderLimits(idle_per_connector=3, idle_in_all=5)
    async with answering(OK) as server, sender_to_this_machine(limits=limits) as sender:
        for connector_id, kept in (("con_1", 3), ("con_2", 5), ("con_3", 5)):
            await asyncio.gather(*(answer_of(sender, server.url, connector_id=connector_id) for _ in range(10)))
            await eventually_true(lambda kept=kept: server.open_connections == kept)
        sender.forget("con_1")
        await asyncio.gather(*(answer_of(sender, server.url, connector_id="con_3") for _ in range(10)))
        await eventually_true(lambda: server.open_connections == 5)


async def test_an_idle_connection_grows_old() -> None:
    async with answering(OK) as server, sender_to_this_machine(limits=SenderLimits(idle_seconds=0.1)) as sender:
        await answer_of(sender, server.url)
        await eventually_true(lambda: server.open_connections == 0)
        assert (await answer_of(sender, server.url)).status == 200


async def test_surplus_connections_grow_old_while_one_is_in_use() -> None:
    async with answering(OK) as server, sender_to_this_machine(limits=SenderLimits(idle_seconds=0.2)) as sender:
        await asyncio.gather(*(answer_of(sender, server.url) for _ in range(10)))

        async def is_down_to_one() -> bool:
            await answer_of(sender, server.url)
            return server.open_connections == 1

        await eventually_true(is_down_to_one)


@pytest.mark.parametrize("how", ["closes after each answer", "closes when asked again"])
async def test_a_connection_closed_while_idle_costs_nothing(sender: HttpSender, how: str) -> None:
    async def close_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await writer.drain()
        if how == "closes when asked again":
            await read_request(reader)

    async with partner(close_early) as server:
        for _ in range(5):
            assert (await answer_of(sender, server.url)).status == 200
    assert server.connections == 5


async def test_a_fresh_connection_that_closes_without_an_answer_is_not_asked_twice(sender: HttpSender) -> None:
    async def take_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await read_request(reader)

    async with partner(take_and_leave) as server:
        assert (await error_of(sender, server.url)).kind is TransportErrorKind.CONNECTION_LOST
    assert server.connections == 1


async def test_a_used_connection_that_closes_after_the_answer_began_is_not_asked_twice(sender: HttpSender) -> None:
    async def fail_the_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await read_request(reader)
        writer.write(b"HTTP/1.1 20")
        await writer.drain()

    async with partner(fail_the_second) as server:
        await answer_of(sender, server.url)
        assert (await error_of(sender, server.url)).kind is TransportErrorKind.CONNECTION_LOST
    assert server.connections == 1


async def test_a_request_is_repeated_once_and_no_more(sender: HttpSender) -> None:
    async def only_the_first_of_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        if server.connections == 1:
            writer.write(OK)
            await read_request(reader)

    async with partner(only_the_first_of_all) as server:
        await answer_of(sender, server.url)
        assert (await error_of(sender, server.url)).kind is TransportErrorKind.CONNECTION_LOST
    assert server.connections == 2


async def test_what_is_no_longer_wanted_does_not_leave_and_the_connection_stays(sender: HttpSender) -> None:
    async with answering(OK) as server:
        assert await post(sender, server.url, still_wanted=lambda: False) is NOT_SENT
        assert (await answer_of(sender, server.url, still_wanted=lambda: True)).status == 200
        assert await post(sender, server.url, still_wanted=lambda: False) is NOT_SENT
        assert (await answer_of(sender, server.url)).status == 200
    assert (server.connections, len(server.heard)) == (1, 2)


async def test_the_last_question_is_asked_again_before_a_repetition(sender: HttpSender) -> None:
    async def close_when_asked_again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        requests.append(1)
        writer.write(OK)
        await read_request(reader)

    requests: list[int] = []
    answers = iter([True, False])
    async with partner(close_when_asked_again) as server:
        await answer_of(sender, server.url)
        assert await post(sender, server.url, still_wanted=lambda: next(answers)) is NOT_SENT
    assert len(requests) == 1


class Recorder:
    """A transport that notes when it is written to."""

    def __init__(self, transport: Any, order: list[str]) -> None:
        self._transport = transport
        self._order = order

    def write(self, data: bytes) -> None:
        self._order.append("written")
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def test_the_last_question_and_the_bytes_are_one_step_of_the_loop(sender: HttpSender) -> None:
    order: list[str] = []

    def ask() -> bool:
        order.append("asked")
        asyncio.get_running_loop().call_soon(order.append, "next step")
        return True

    async with answering(OK) as server:
        await answer_of(sender, server.url)
        pool = sender._pools["con_1"]
        connection = pool.take(f"http://127.0.0.1:{server.port}")
        assert connection is not None
        connection._transport = Recorder(connection._transport, order)
        pool.give_back(connection, time.monotonic())
        assert (await answer_of(sender, server.url, still_wanted=ask)).status == 200
    assert order == ["asked", "written", "next step"]


async def test_a_question_that_raises_reaches_the_caller_and_frees_the_connection(sender: HttpSender) -> None:
    def broken() -> bool:
        raise RuntimeError("a defect of the caller")

    async with answering(OK) as server:
        with pytest.raises(RuntimeError, match="defect"):
            await post(sender, server.url, still_wanted=broken)
        assert (await answer_of(sender, server.url)).status == 200
    assert server.connections == 1


async def test_closing_ends_what_runs_and_refuses_what_comes(sender: HttpSender) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    async with partner(hang) as server:
        calls = [asyncio.create_task(error_of(sender, server.url)) for _ in range(5)]
        await eventually_true(lambda: server.open_connections == 5)
        await sender.close()
        assert {(await call).kind for call in calls} == {TransportErrorKind.CONNECTION_LOST}
        assert (await error_of(sender, server.url)).kind is TransportErrorKind.CONNECTION_LOST
        await eventually_true(lambda: server.open_connections == 0)
    assert server.connections == 5
