"""What is told of counts: totals, days without data, the pipeline, the last hours, latencies, the download."""

import csv
import io
from datetime import UTC, datetime, timedelta

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import ConnectorHealth, WorkerStatus
from connectors.records.metrics_table import (
    DAY_SECONDS,
    last_deliveries,
    outcome_latency,
)
from control_plane.freshness.freshness import Freshness
from control_plane.outcome.latency import percentile
from tests.control_plane.test_access import admin_of_another_workspace
from tests.support.counts import counted, statistics, store
from tests.support.plane import Plane


async def test_totals_tell_errors_by_class_skips_by_reason_and_failed_attempts_apart(plane: Plane) -> None:
    connector_id = await plane.connector()
    now = datetime.now(UTC)
    await store(
        plane,
        counted(connector_id, now, "sent", count=5),
        counted(connector_id, now, "removed", count=2),
        counted(connector_id, now, "timeout", count=1),
        counted(connector_id, now, "partner_error", partner_code="L-7", count=2),
        counted(connector_id, now, "skipped", reason="no_consent", count=4),
        counted(connector_id, now, "attempt:timeout", count=9),
        counted("con_deleted", now, "sent", count=100),
    )

    answer = await statistics(plane, connector_id=connector_id, detail="totals")

    assert answer["totals"] == {
        "sent": 5,
        "removed": 2,
        "errors": {"timeout": 1, "partner_error": 2},
        "errors_total": 3,
        "skipped": {"no_consent": 4},
        "skipped_total": 4,
        "failed_attempts": {"timeout": 9},
        "failed_attempts_total": 9,
        "error_rate": 0.3,
    }
    (connector,) = answer["connectors"]
    assert connector["by_day"] is None
    assert connector["partner_codes"] == [
        {"code": "L-7", "count": 2, "meaning": "The list is full.", "link": "https://ledger.example/errors#L-7"}
    ]


async def test_a_day_before_there_was_anything_has_no_data_rather_than_zero(plane: Plane) -> None:
    await plane.connector()
    answer = await statistics(plane, window="7d")
    assert [day["data"] for day in answer["by_day"]] == [False] * 6 + [True]
    assert answer["totals"]["error_rate"] is None


async def test_a_deleted_connector_still_counts_without_a_name(plane: Plane) -> None:
    await store(plane, counted("con_gone", datetime.now(UTC), count=3))
    (connector,) = (await statistics(plane))["connectors"]
    assert (connector["connector_id"], connector["name"], connector["totals"]["sent"]) == ("con_gone", None, 3)


async def test_more_days_than_one_answer_can_tell_are_refused(plane: Plane) -> None:
    connector_id, now = await plane.connector(), datetime.now(UTC)
    await store(plane, *(counted(connector_id, now, action_id=f"act_{number}") for number in range(1_111)))

    problem = await plane.call("GET", "/v1/statistics", 422, params={"window": "90d"})

    (fault,) = problem["errors"]
    assert (fault["pointer"], fault["code"]) == ("query:detail", "too_many_days")
    assert problem["detail"].startswith("This would be 100,080 days")
    for query in ({"detail": "connectors"}, {"detail": "totals"}, {"action_id": "act_7"}, {"window": "7d"}):
        answer = await statistics(plane, **({"window": "90d"} | query))
        assert answer["totals"]["sent"] == (1 if "action_id" in query else 1_111)


async def test_the_last_delivery_of_a_connector_is_told(plane: Plane) -> None:
    connector_id = await plane.connector()
    await store(plane, counted(connector_id, datetime.now(UTC)))
    async with plane.parts.database.transaction(write=True) as session:
        row = {"workspace": "default", "connector_id": connector_id, "action_id": "act_1", "at": 1_700_000_000}
        await session.execute(last_deliveries.insert(), [row])
    (connector,) = (await statistics(plane))["connectors"]
    assert connector["last_delivery_at"] == "2023-11-14T22:13:20Z"


def test_a_percentile_lies_within_its_bucket() -> None:
    histogram = {50: 50, 100: 45, 3000: 4, -1: 1}
    assert percentile(histogram, 0.5) == 50
    assert percentile(histogram, 0.95) == 100
    assert percentile(histogram, 0.97) == 2750
    assert percentile(histogram, 1.0) == 30_000
    assert percentile({10: 4}, 0.5) == 5


async def test_a_connector_tells_how_long_it_takes(plane: Plane) -> None:
    connector_id = await plane.connector()
    today = int(datetime.now(UTC).timestamp()) // DAY_SECONDS * DAY_SECONDS
    common = {"workspace": "default", "connector_id": connector_id, "bucket_at": today}
    rows = [
        common | {"kind": "attempt", "le_ms": 100, "count": 90},
        common | {"kind": "attempt", "le_ms": 250, "count": 10},
        common | {"kind": "attempt", "le_ms": 10, "count": 500, "bucket_at": today - 9 * DAY_SECONDS},
        common | {"kind": "attempt", "le_ms": 10, "count": 500, "connector_id": "con_other"},
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(outcome_latency.insert(), rows)

    told = (await statistics(plane, connector_id=connector_id, detail="totals"))["latency"]

    assert told["end_to_end"] is None
    assert told["attempt"] == {"count": 100, "p50_ms": 78, "p95_ms": 175, "p99_ms": 235, "slowest": 0}
    assert (await statistics(plane))["latency"] is None


async def test_the_pipeline_accounts_for_every_delivery_by_stage(plane: Plane) -> None:
    connector_id = await plane.connector()
    now = datetime.now(UTC)
    await store(
        plane,
        counted(connector_id, now, "sent", count=5),
        counted(connector_id, now, "sent", count=7, action_id="act_2"),
        counted(connector_id, now, "removed", count=2),
        counted(connector_id, now, "skipped", reason="no_consent", count=4),
        counted(connector_id, now, "skipped", reason="superseded", count=1),
        counted(connector_id, now, "other_error", reason="cannot_render", count=3),
        counted(connector_id, now, "other_error", reason="unreachable", count=1),
        counted(connector_id, now, "partner_error", reason="rejected", partner_code="L-7", count=2),
        counted(connector_id, now, "attempt:timeout", count=9),
        counted("con_other", now, "sent", count=100),
    )
    health = {connector_id: ConnectorHealth(pending=6)}
    plane.parts.workers.heard([report("w-1", health), report("w-2", health)])

    told = await plane.call("GET", "/v1/statistics/pipeline", 200, params={"connector_id": connector_id})

    assert told == {
        "received": 37,
        "filtered": {"no_consent": 4, "superseded": 1},
        "not_rendered": {"cannot_render": 3},
        "rendered": 17,
        "sent": 12,
        "removed": 2,
        "failed": {"other_error": 1, "partner_error": 2},
        "failed_attempts": 9,
        "waiting": 12,
    }
    query = {"connector_id": connector_id, "action_id": "act_2"}
    of_action = await plane.call("GET", "/v1/statistics/pipeline", 200, params=query)
    assert (of_action["received"], of_action["sent"], of_action["waiting"]) == (7, 7, None)


async def test_what_waits_is_told_to_the_workspace_of_the_connector_alone(plane: Plane) -> None:
    connector_id = await plane.connector()
    health = {connector_id: ConnectorHealth(pending=6), "con_gone": ConnectorHealth(pending=1)}
    plane.parts.workers.heard([report("w-1", health)])
    stranger = await admin_of_another_workspace(plane)

    async def waiting(connector_id: str, **headers: str) -> tuple[int, int]:
        query = {"connector_id": connector_id}
        told = await plane.call("GET", "/v1/statistics/pipeline", 200, params=query, headers=headers)
        return told["waiting"], told["received"]

    assert await waiting(connector_id) == (6, 6)
    assert await waiting(connector_id, **stranger) == (0, 0)
    assert await waiting("con_gone") == (0, 0)


def report(worker_id: str, health: dict[str, ConnectorHealth]) -> tuple[bytes, bytes]:
    """A record of `worker-status`."""
    now = datetime.now(UTC)
    told = WorkerStatus(v=SCHEMA_VERSION, worker_id=worker_id, at=now, started_at=now, connectors=health)
    return worker_id.encode(), encode(told)


async def test_each_connector_tells_of_its_last_24_hours_hour_by_hour(plane: Plane) -> None:
    now = datetime.now(UTC)
    await store(
        plane,
        counted("con_1", now, "sent", count=5),
        counted("con_1", now, "removed", count=1),
        counted("con_1", now - timedelta(hours=2), "timeout", count=2),
        counted("con_1", now, "skipped", reason="no_consent", count=50),
        counted("con_1", now, "attempt:timeout", count=50),
        counted("con_2", now - timedelta(hours=25), "sent", count=3),
    )
    told = (await plane.call("GET", "/v1/statistics/hours", 200))["connectors"]
    assert set(told) == {"con_1"}
    assert told["con_1"]["delivered"] == [0] * 23 + [6]
    assert told["con_1"]["errors"] == [0] * 21 + [2, 0, 0]


async def test_the_counts_are_downloaded_by_day_and_action(plane: Plane) -> None:
    connector_id = await plane.connector(name="=Ledger")
    action_id = await plane.action(connector_id)
    now = datetime.now(UTC)
    mine = {"action_id": action_id}
    await store(
        plane,
        counted(connector_id, now, "sent", count=5, **mine),
        counted(connector_id, now, "attempt:timeout", count=2, **mine),
        counted(connector_id, now - timedelta(days=2), "timeout", count=1, **mine),
        counted("con_gone", now, "removed", count=3),
    )
    answer = await plane.http.get("/v1/statistics.csv", params={"window": "7d", "connector_id": connector_id})
    earlier, today = csv.DictReader(io.StringIO(answer.text))
    assert (earlier["date"], earlier["timeout"], earlier["sent"]) == (f"{now - timedelta(days=2):%Y-%m-%d}", "1", "0")
    assert (today["sent"], today["failed_attempts"], today["action"]) == ("5", "2", "VIPs")
    assert today["connector"] == "'=Ledger"
    everything = await plane.http.get("/v1/statistics.csv", params={"bom": "true"})
    assert everything.text.startswith("\ufeffdate,")
    assert "con_gone,,act_1," in everything.text


async def test_statistics_are_stale_when_a_report_has_waited_for_long(plane: Plane) -> None:
    assert (await plane.call("GET", "/v1/statistics/freshness", 200))["trouble"] == "not looked yet"
    freshness, now = Freshness(), datetime.now(UTC)
    for seconds, stale in ((None, False), (2, False), (31, True)):
        freshness.seen(None if seconds is None else int((now.timestamp() - seconds) * 1000))
        told = freshness.read(now)
        assert (told.stale, told.trouble, round(told.behind_seconds)) == (stale, None, seconds or 0)
