"""The engine that most tests of it begin with; those that need another one have their own `bench`."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from connectors.records.profile_event import Change
from tests.support.builders import action, activation, audience, connector
from tests.support.engine import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """It owns partition 0; one connector's action is tied to one audience."""
    bench = Bench()
    bench.publish(connector(), audience())
    bench.own(0)
    yield bench
    await bench.engine.stop()


@pytest.fixture
def bench_of() -> Callable[..., Awaitable[Bench]]:
    """Starts one whose action is of this type, tied on these changes; whoever asks for it stops its engine."""

    async def start(type_: str, *on: Change, **policy: int) -> Bench:
        bench = Bench(**policy)
        bench.publish(connector(action(type=type_)), audience(activation("act_1", *on)))
        bench.own(0)
        return bench

    return start
