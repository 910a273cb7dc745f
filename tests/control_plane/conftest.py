"""A running control plane for each test, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
import structlog

from tests.support.databases import database_url, postgresql
from tests.support.plane import Plane, plane_settings, running_plane

__all__ = ["database_url", "plane", "postgresql"]

# The default shows the local variables of a traceback, page after page.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
async def plane(database_url: str) -> AsyncIterator[Plane]:
    """A control plane whose first admin is signed in."""
    async with running_plane(plane_settings(database_url)) as running:
        yield running
