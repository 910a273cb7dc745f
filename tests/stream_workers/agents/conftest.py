"""The tables that a metrics agent writes to."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from stream_workers.shell.metrics_store import MetricsStore


@pytest.fixture
def store(metrics_engine: AsyncEngine) -> MetricsStore:
    return MetricsStore(metrics_engine)
