"""The engine that most tests of it begin with; those that need another one have their own `bench`."""

from collections.abc import AsyncIterator

import pytest

from tests.support.builders import audience, connector
from tests.support.engine import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """It owns partition 0; one connector's action is tied to one audience."""
    bench = Bench()
    bench.publish(connector(), audience())
    bench.own(0)
    yield bench
    await bench.engine.stop()
