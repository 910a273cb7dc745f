"""The console offers a demo connector only where the operator names a partner for it."""

import pytest

from control_plane.settings import DemoSettings
from tests.support.plane import plane_settings, running_plane


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:9999/demo"])
async def test_the_partner_for_trying_things_is_the_operators(database_url: str, url: str | None) -> None:
    async with running_plane(plane_settings(database_url, demo=DemoSettings(sink_url=url))) as plane:
        assert await plane.call("GET", "/v1/demo-sink", 200) == {"url": url}
