"""Trials ask partners for real, so that one user may start only so many of them within a minute."""

from pathlib import Path

import pytest

from control_plane.access.trial_limit import WINDOW_SECONDS, TooManyTrials, TrialLimit
from control_plane.settings import AccessSettings
from tests.support.builders import membership
from tests.support.plane import plane_settings, running_plane
from tests.support.trying import sqlite, trying


def test_only_the_last_minute_of_the_same_user_counts() -> None:
    now = [0.0]
    limit = TrialLimit(2, lambda: now[0])
    limit.take("a")
    now[0] = 40.0
    limit.take("a")
    with pytest.raises(TooManyTrials) as refused:
        limit.take("a")
    assert refused.value.headers == {"Retry-After": "20"}
    limit.take("b")
    now[0] = WINDOW_SECONDS
    limit.take("a")
    with pytest.raises(TooManyTrials) as refused:
        limit.take("a")
    assert refused.value.headers == {"Retry-After": "40"}


async def test_every_kind_of_trial_counts_and_is_refused_with_a_time_to_come_back(tmp_path: Path) -> None:
    async with trying(sqlite(tmp_path)) as it:
        connector_id = await it.webhook()
        action_id = await it.action(connector_id)
        it.events.events.append(membership("p-1"))
        channel = {"kind": "webhook", "url": it.partner.url}
        body = {"name": "A", "condition": {"kind": "breaker_open"}, "channel": channel}
        alert_id = (await it.plane.call("POST", "/v1/alerts", 201, json=body))["id"]
        form = {"settings": {"url": it.partner.url}}
        definition = {"key": "crm", "label": "CRM", "url": it.partner.url, "check": {"path": "/me"}}
        trials = [
            ("POST", f"/v1/connectors/{connector_id}/test", {}),
            ("PUT", "/v1/connector-types/webhook/test", form),
            ("POST", "/v1/custom-connector-types:test", {"definition": definition}),
            ("POST", f"/v1/actions/{action_id}/test-send", {}),
            ("POST", f"/v1/alerts/{alert_id}/test", {}),
        ]
        for method, path, given in trials:
            await it.plane.call(method, path, 200, json=given)
        limit = it.plane.parts.settings.access.trials_per_minute
        for _ in range(limit - len(trials)):
            it.plane.parts.trials.take((await it.plane.call("GET", "/v1/me", 200))["user"]["id"])
        heard = len(it.partner.heard)
        for method, path, given in trials:
            refused = await it.plane.http.request(method, path, json=given)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_trials"), path
            assert 0 < int(refused.headers["retry-after"]) <= WINDOW_SECONDS
        assert len(it.partner.heard) == heard, "nothing was sent"


async def test_what_does_not_hold_is_not_counted(tmp_path: Path) -> None:
    settings = plane_settings(sqlite(tmp_path), access=AccessSettings(trials_per_minute=1))
    async with running_plane(settings) as plane:
        for _ in range(3):
            await plane.call("PUT", "/v1/connector-types/ledger/test", 422, json={"settings": {}})
