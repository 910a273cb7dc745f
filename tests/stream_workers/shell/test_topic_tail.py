"""A large configuration reaches the event loop in portions, between which the loop turns."""

import asyncio
from types import SimpleNamespace

import pytest

from stream_workers.shell.clock import SystemClock
from stream_workers.shell.topic_tail import TopicTail

MESSAGES = 1_000


async def test_the_loop_turns_while_a_large_batch_is_taken():
    turns, taken, turns_at = [0], [], []

    def take(portion):
        taken.extend(message.offset() for message in portion)
        turns_at.append(turns[0])

    async def turn():
        while len(taken) < MESSAGES:
            turns[0] += 1
            await asyncio.sleep(0)

    tail = TopicTail({}, "connector-config", take, SystemClock())
    tail._loop = asyncio.get_running_loop()
    batch = [SimpleNamespace(error=lambda: None, offset=lambda n=n: n) for n in range(MESSAGES)]
    await asyncio.wait_for(asyncio.gather(asyncio.to_thread(tail._hand_over, batch), turn()), 10)
    assert taken == list(range(MESSAGES))
    assert len(turns_at) > 1
    assert turns_at == sorted(set(turns_at))


async def test_what_could_not_be_taken_ends_the_thread():
    def take(_portion):
        raise RuntimeError

    tail = TopicTail({}, "connector-config", take, SystemClock())
    tail._loop = asyncio.get_running_loop()
    batch = [SimpleNamespace(error=lambda: None, offset=lambda: 0)]
    with pytest.raises(RuntimeError):
        await asyncio.to_thread(tail._hand_over, batch)
