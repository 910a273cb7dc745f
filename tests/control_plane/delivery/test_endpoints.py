"""The delivery explorer: one row per delivery, its attempts in order, and the trace of an event or a profile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.records.delivery import Outcome, OutcomeClass, SourcePosition
from connectors.records.metrics_table import outcome_errors
from control_plane.sample.topic_tail import TopicUnreadable
from tests.control_plane.test_openapi import key_of
from tests.support.builders import membership
from tests.support.plane import ListedEvents, ListedOutcomes, Plane, plane_settings, running_plane
from tests.support.reports import Reporter, attempt, dead_letter, refused_record

NOW = datetime.now(UTC)


def minutes_ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


async def found(plane: Plane, **query: Any) -> list[str]:
    return [item["delivery_id"] for item in (await plane.call("GET", "/v1/deliveries", 200, params=query))["items"]]


async def test_a_delivery_is_one_row_with_its_attempts_as_a_timeline(plane: Plane) -> None:
    connector_id = await plane.connector()
    mine = {"connector_id": connector_id}
    waits = {"final": False, "outcome": OutcomeClass.TIMEOUT, "next_attempt_at": NOW, "http_status": None}
    await Reporter(plane).report(
        attempt("dlv_1", at=minutes_ago(9), **mine | waits),
        attempt("dlv_1", at=minutes_ago(5), attempt=2, **mine),
        dead_letter("dlv_1", at=minutes_ago(5), **mine),
        attempt(
            "dlv_1",
            at=minutes_ago(1),
            run=4,
            outcome=OutcomeClass.SENT,
            http_status=200,
            detail="1 of 7 rows",
            partner_code=None,
            **mine,
        ),
    )
    (row,) = (await plane.call("GET", "/v1/deliveries", 200))["items"]
    assert (row["outcome"], row["final"], row["trigger"], row["run"]) == ("sent", True, "replay", 4)
    detail = await plane.call("GET", "/v1/deliveries/dlv_1", 200)
    told = [(each["attempt"], each["trigger"], each["outcome"], each["final"]) for each in detail["timeline"]]
    assert told == [
        (1, "event", "timeout", False),
        (2, "event", "partner_error", True),
        (1, "replay", "sent", True),
    ]
    assert [each["detail"] for each in detail["timeline"]] == [None, None, "1 of 7 rows"]
    assert detail["timeline"][0]["next_attempt_at"] is not None
    assert detail["timeline"][1]["response"] == {"status": 400, "body": "no such list"}
    assert [letter["replayable"] for letter in detail["dead_letters"]] == [True]


async def test_a_viewer_sees_how_attempts_ended_and_not_what_was_said(plane: Plane) -> None:
    await Reporter(plane).report(attempt("dlv_1"))
    viewer = {"Authorization": f"Bearer {await key_of(plane, 'viewer')}"}
    for headers, redacted in ((viewer, True), ({}, False)):
        detail = await plane.call("GET", "/v1/deliveries/dlv_1", 200, headers=headers)
        (told,) = detail["timeline"]
        assert (detail["redacted"], told["http_status"], told["partner_code"]) == (redacted, 400, "190")
        assert (told["request"] is None, told["response"] is None) == (redacted, redacted)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"outcome": "sent"}, ["dlv_1"]),
        ({"connector_id": "con_2"}, ["dlv_2"]),
        ({"action_id": "act_2"}, ["dlv_3"]),
        ({"event_id": "e-4"}, ["dlv_4"]),
        ({"profile_id": "bob"}, ["dlv_5"]),
        ({"status_class": 5}, ["dlv_6"]),
        ({"waiting": "true"}, ["dlv_7"]),
        ({"delivery_id": "dlv_3"}, ["dlv_3"]),
        ({"since": minutes_ago(2).isoformat()}, ["dlv_1", "dlv_2"]),
        ({"until": minutes_ago(6).isoformat()}, ["dlv_7"]),
        ({"status_class": 4, "until": minutes_ago(4).isoformat(), "connector_id": "con_1"}, ["dlv_5", "dlv_7"]),
    ],
)
async def test_each_filter_finds_its_deliveries(plane: Plane, query: dict[str, Any], expected: list[str]) -> None:
    changes: list[dict[str, Any]] = [
        {"outcome": OutcomeClass.SENT, "http_status": 204},
        {"connector_id": "con_2"},
        {"action_id": "act_2"},
        {"event_id": "e-4"},
        {"profile_id": "bob"},
        {"http_status": 503},
        {"final": False},
    ]
    attempts = [
        attempt(f"dlv_{number}", at=minutes_ago(number), **change) for number, change in enumerate(changes, start=1)
    ]
    await Reporter(plane).report(*attempts)
    assert await found(plane, **query) == expected


async def test_an_unknown_delivery_and_anothers_are_not_found(plane: Plane) -> None:
    await Reporter(plane).report(attempt("dlv_1", workspace="other"))
    assert await found(plane) == []
    await plane.call("GET", "/v1/deliveries/dlv_1", 404)
    await plane.call("GET", "/v1/deliveries/dlv_2", 404)


async def test_a_trace_tells_every_stage_in_order(plane: Plane) -> None:
    ended = int(minutes_ago(5).timestamp())
    error = {"partition": 0, "offset": 3, "at": ended, "workspace": "default", "connector_id": "con_1"}
    error |= {"action_id": "act_1", "delivery_id": "dlv_1", "event_id": "e-1", "profile_id": "ada", "change": "joined"}
    error |= {"class": "partner_error", "reason": "rejected", "partner_code": "190", "http_status": 400}
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(outcome_errors.insert(), [error | {"attempts": 2, "run": 0}])
    await Reporter(plane).report(
        attempt("dlv_1", at=minutes_ago(7), final=False, next_attempt_at=minutes_ago(6)),
        attempt("dlv_1", at=minutes_ago(6), attempt=2),
        dead_letter("dlv_1", at=minutes_ago(4)),
        attempt("dlv_1", at=minutes_ago(1), run=1, outcome=OutcomeClass.SENT),
        attempt("dlv_9", event_id="e-9", profile_id="bob"),
        refused_record(),
    )
    for query in ({"event_id": "e-1"}, {"profile_id": "ada"}, {"delivery_id": "dlv_1"}):
        trace = await plane.call("GET", "/v1/trace", 200, params=query)
        stages = [(step["stage"], step["outcome"], step["run"]) for step in trace["steps"]]
        assert stages == [
            ("attempted", "partner_error", 0),
            ("attempted", "partner_error", 0),
            ("ended", "partner_error", 0),
            ("dead_letter", "partner_error", 0),
            ("attempted", "sent", 1),
        ]
        assert [row["delivery_id"] for row in trace["deliveries"]] == ["dlv_1"]
        assert trace["truncated"] is False


@pytest.mark.parametrize(
    "query", [{}, {"event_id": "e-1", "profile_id": "ada"}, {"delivery_id": "dlv_1", "profile_id": "ada"}]
)
async def test_a_trace_asks_for_one_thing(plane: Plane, query: dict[str, str]) -> None:
    answer = await plane.call("GET", "/v1/trace", 422, params=query)
    assert answer["errors"][0]["code"] == "one_of"


async def test_a_trace_tells_of_skipped_and_unsampled_deliveries_while_their_records_are_new(database_url: str) -> None:
    events, outcomes = ListedEvents(membership("ada"), membership("bob")), ListedOutcomes()
    ended = {"v": 1, "profile_id": "ada", "config_version": 1, "source": SourcePosition(0, 0), "at": NOW}
    for number, (workspace, class_, reason) in enumerate(
        [
            ("default", OutcomeClass.SKIPPED, "no_consent"),
            ("default", OutcomeClass.SENT, None),
            ("default", OutcomeClass.PARTNER_ERROR, "rejected"),
            ("other", OutcomeClass.SENT, None),
        ]
    ):
        ids = {"delivery_id": f"dlv_{number}", "connector_id": "con_1", "action_id": f"act_{number}"}
        outcomes.outcomes.append(Outcome(workspace=workspace, outcome=class_, reason=reason, **ids, **ended))
    async with running_plane(plane_settings(database_url), events=events, outcomes=outcomes) as plane:
        trace = await plane.call("GET", "/v1/trace", 200, params={"profile_id": "ada"})
        told = [(step["stage"], step["delivery_id"], step["outcome"], step["reason"]) for step in trace["steps"]]
        assert told[0] == ("received", None, None, None)
        assert told[1:] == [
            ("ended", "dlv_0", "skipped", "no_consent"),
            ("ended", "dlv_1", "sent", None),
            ("ended", "dlv_2", "partner_error", "rejected"),
        ]
        one = await plane.call("GET", "/v1/trace", 200, params={"delivery_id": "dlv_0"})
        assert [step["reason"] for step in one["steps"]] == ["no_consent"]
        outcomes.trouble = TopicUnreadable("no broker")
        trace = await plane.call("GET", "/v1/trace", 200, params={"profile_id": "ada"})
        assert (trace["steps"], trace["recent_too"]) == ([], False)
