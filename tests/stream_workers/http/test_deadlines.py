"""A call ends at its deadline, whatever holds it up, and a cut is told apart from a cancellation."""

import asyncio
import time

import pytest

from connectors.kit.exchange import PartnerRequest, PartnerResponse, Told, TransportErrorKind
from stream_workers.http.deadlines import Deadlines
from stream_workers.http.sender import HttpSender
from tests.stream_workers.http.partners import (
    GRACE_MS,
    OK,
    Behaviour,
    Partner,
    answer_of,
    error_of,
    open_files,
    partner,
    post,
    read_request,
)
from tests.support.lateness import lateness
from tests.support.waiting import eventually_true

LENGTH = 0.5


async def files_at_rest(sender: HttpSender, partner: Partner) -> int:
    """The base to return to; taken after one call, since a loop opens a file of its own with the first connection."""
    await answer_of(sender, partner.url)
    sender.forget("con_1")
    await eventually_true(lambda: partner.open_connections == 0)
    return open_files()


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.read()


async def drips(writer: asyncio.StreamWriter, text: bytes) -> None:
    writer.write(text)
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drips_a_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await drips(writer, b"HTTP/1.1 200 OK\r\nX-Slow: ")


async def drips_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await drips(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")


async def drips_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await drips(writer, b"HTTP/1.1 200 OK\r\n\r\n")


@pytest.mark.parametrize("behaviour", [says_nothing, drips_a_header, drips_a_body, drips_without_end])
async def test_a_slow_partner_is_cut_in_total_and_not_per_read(sender: HttpSender, behaviour: Behaviour) -> None:
    async with partner(behaviour) as slow, lateness() as late:
        errors = await asyncio.gather(*(error_of(sender, slow.url, timeout_seconds=LENGTH) for _ in range(30)))
        await eventually_true(lambda: slow.open_connections == 0)
    assert {error.kind for error in errors} == {TransportErrorKind.TIMEOUT}
    assert all(LENGTH * 1000 <= error.duration_ms <= LENGTH * 1000 + GRACE_MS + late.ms for error in errors)


async def test_three_hundred_slow_calls_are_cut_at_three_seconds_while_others_flow(sender: HttpSender) -> None:
    async def quick(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(OK)

    async with partner(drips_a_header) as slow, partner(quick) as fast, lateness() as late:
        files = await files_at_rest(sender, fast)
        cut = [asyncio.create_task(error_of(sender, slow.url, timeout_seconds=3.0)) for _ in range(300)]
        quickly = []
        while not all(task.done() for task in cut):
            answer = await answer_of(sender, fast.url, connector_id="con_2")
            assert answer.status == 200
            quickly.append(answer.duration_ms)
        durations = [(await task).duration_ms for task in cut]
        sender.forget("con_2")
        await eventually_true(lambda: open_files() <= files)
    assert max(quickly) <= GRACE_MS + late.ms
    assert min(durations) >= 3000
    assert max(durations) <= 3000 + GRACE_MS + late.ms


async def test_a_partner_that_reads_nothing_cannot_hold_a_large_request(sender: HttpSender) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()
        del reader
        await asyncio.Event().wait()

    async with partner(deaf) as slow:
        error = await error_of(sender, slow.url, b"x" * 20_000_000, timeout_seconds=LENGTH)
    assert error.kind is TransportErrorKind.TIMEOUT


async def test_a_cancelled_caller_is_cancelled_and_not_told_of_a_timeout(sender: HttpSender) -> None:
    async with partner(says_nothing) as slow:
        call = asyncio.create_task(post(sender, slow.url))
        await eventually_true(lambda: slow.open_connections == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert call.cancelled()


async def test_after_a_cut_the_caller_goes_on_undisturbed(sender: HttpSender) -> None:
    async def caller() -> str:
        await error_of(sender, slow.url, timeout_seconds=0.1)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
        return "went on"

    async with partner(says_nothing) as slow:
        assert await asyncio.create_task(caller()) == "went on"


async def test_a_call_that_is_cut_after_its_cancellation_tells_nothing(sender: HttpSender) -> None:
    told: list[Told] = []
    async with partner(says_nothing) as slow:
        request = PartnerRequest("POST", slow.url)
        call = sender.begin(
            request, connector_id="con_1", timeout_seconds=3.0, still_wanted=lambda: True, tell=told.append
        )
        await eventually_true(lambda: slow.open_connections == 1)
        call.cancel()
        await sender.close()
        await eventually_true(lambda: slow.open_connections == 0)
    assert told == []


async def test_a_call_that_is_cut_may_lead_to_another_one_at_once() -> None:
    deadlines = Deadlines(sweep_seconds=0.001)
    cuts: list[float] = []

    class Chain:
        """Calls of different lengths, one after the other."""

        def __init__(self, length: float) -> None:
            self.length = length

        def cut(self, *, closing: bool = False) -> None:
            assert not closing
            cuts.append(self.length)
            if len(cuts) < 3:
                deadlines.watch(Chain(self.length / 2), time.monotonic(), self.length / 2)

    deadlines.watch(Chain(0.02), time.monotonic(), 0.02)
    await eventually_true(lambda: cuts == [0.02, 0.01, 0.005])
    await eventually_true(lambda: not deadlines.is_sweeping)


async def test_calls_of_many_lengths_end_each_in_its_own_time(sender: HttpSender) -> None:
    lengths = [0.5, 0.1, 0.3, 0.2, 0.4, 0.6]
    async with partner(says_nothing) as slow, lateness() as late:
        errors = await asyncio.gather(*(error_of(sender, slow.url, timeout_seconds=one) for one in lengths))
    for length, error in zip(lengths, errors, strict=True):
        assert length * 1000 <= error.duration_ms <= length * 1000 + GRACE_MS + late.ms


async def test_nothing_is_swept_when_nothing_runs() -> None:
    deadlines = Deadlines(sweep_seconds=0.001)
    watched = deadlines.watch(asyncio.current_task(), time.monotonic(), 60.0)
    assert deadlines.is_sweeping
    watched.clear()
    await eventually_true(lambda: not deadlines.is_sweeping)


async def test_a_thousand_calls_at_once_leave_no_task_and_no_file_behind(sender: HttpSender) -> None:
    async def quick(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(OK)

    async with partner(quick) as fast:
        files, tasks = await files_at_rest(sender, fast), len(asyncio.all_tasks())
        answers = await asyncio.gather(*(post(sender, fast.url, timeout_seconds=20.0) for _ in range(1000)))
        assert all(isinstance(answer, PartnerResponse) and answer.status == 200 for answer in answers)
        again = await asyncio.gather(*(post(sender, fast.url, timeout_seconds=20.0) for _ in range(1000)))
        assert all(isinstance(answer, PartnerResponse) for answer in again)
        assert fast.connections <= 1001
        await sender.close()
        await eventually_true(lambda: open_files() <= files and len(asyncio.all_tasks()) <= tasks)
