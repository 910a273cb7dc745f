"""Windows by day in the caller's zone, against a plain recount; errors, one by one and as CSV."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import ConnectorHealth, WorkerStatus
from connectors.records.metrics_table import (
    DAY_SECONDS,
    connector_counts,
    connector_counts_daily,
    error_horizons,
    last_deliveries,
    outcome_counts,
    outcome_counts_daily,
    outcome_errors,
    outcome_latency,
    workspace_counts,
)
from control_plane.access.caller import Caller, Role
from control_plane.access.work import Work
from control_plane.freshness.freshness import Freshness
from control_plane.outcome.errors import safe_cell
from control_plane.outcome.latency import percentile
from control_plane.outcome.repository import Scope
from control_plane.outcome.schemas import DayRead, Detail
from control_plane.outcome.service import read_statistics
from control_plane.outcome.window import WindowLength, utc_days_within, window_of
from tests.support.plane import Plane

QUARTER = 15 * 60


def counted(connector_id: str, at: datetime, class_: str = "sent", **more: Any) -> dict[str, Any]:
    """A row of the quarter hours."""
    bucket = int(at.timestamp()) // QUARTER * QUARTER
    row = {"workspace": "default", "connector_id": connector_id, "action_id": "act_1", "bucket_at": bucket}
    return row | {"class": class_, "reason": "", "partner_code": "", "count": 1} | more


GRAINS = (
    (outcome_counts, QUARTER),
    (outcome_counts_daily, DAY_SECONDS),
    (connector_counts, QUARTER),
    (connector_counts_daily, DAY_SECONDS),
    (workspace_counts, QUARTER),
)


async def store(plane: Plane, *rows: dict[str, Any]) -> None:
    """What the metrics agent would have stored, added up for each table."""
    async with plane.parts.database.transaction(write=True) as session:
        for table, grain in GRAINS:
            await session.execute(table.insert(), added_up(table, grain, rows))


def added_up(table: Table, grain: int, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one table."""
    sums: Counter[tuple[Any, ...]] = Counter()
    names = [column.name for column in table.primary_key]
    for row in rows:
        told = row | {"bucket_at": row["bucket_at"] // grain * grain}
        if "partner_code" not in names and row["class"] != "skipped":
            told["reason"] = ""
        sums[tuple(told[name] for name in names)] += row["count"]
    return [dict(zip(names, key, strict=True)) | {"count": count} for key, count in sums.items()]


async def statistics(plane: Plane, **query: Any) -> Any:
    """The answer to a question."""
    return await plane.call("GET", "/v1/statistics", 200, params=query)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
async def test_each_day_of_a_window_counts_what_happened_on_it(plane: Plane, zone: str) -> None:
    connector_id = await plane.connector()
    now = datetime.now(UTC)
    rows = [counted(connector_id, now - timedelta(hours=hours), count=hours + 1) for hours in range(0, 24 * 35, 5)]
    await store(plane, *rows)

    answer = await statistics(plane, window="30d", time_zone=zone)

    today = now.astimezone(ZoneInfo(zone)).date()
    expected: Counter[str] = Counter()
    for row in rows:
        day = datetime.fromtimestamp(row["bucket_at"], UTC).astimezone(ZoneInfo(zone)).date()
        if (today - day).days < 30:
            expected[day.isoformat()] += row["count"]
    assert {day["date"]: day["sent"] for day in answer["by_day"] if day["sent"]} == dict(expected)
    assert answer["totals"]["sent"] == sum(expected.values())
    assert [day["partial"] for day in answer["by_day"]] == [False] * 29 + [True]
    (connector,) = answer["connectors"]
    assert connector["by_day"] == [day | {"data": day["data"]} for day in connector["by_day"]]
    assert sum(day["sent"] for day in connector["actions"][0]["by_day"]) == sum(expected.values())


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


async def test_the_last_delivery_of_a_connector_is_told(plane: Plane) -> None:
    connector_id = await plane.connector()
    await store(plane, counted(connector_id, datetime.now(UTC)))
    async with plane.parts.database.transaction(write=True) as session:
        row = {"workspace": "default", "connector_id": connector_id, "action_id": "act_1", "at": 1_700_000_000}
        await session.execute(last_deliveries.insert(), [row])
    (connector,) = (await statistics(plane))["connectors"]
    assert connector["last_delivery_at"] == "2023-11-14T22:13:20Z"


MOMENTS = ["2026-03-30T05:00", "2026-10-26T12:10", "2026-11-02T23:50", "2027-01-01T00:00"]
ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_every_detail_agrees_with_a_recount_over_changes_of_the_clock(plane: Plane, moment: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    connectors = [await plane.connector(), await plane.connector(name="Ledger US")]
    kinds = [("sent", ""), ("timeout", ""), ("skipped", "no_consent"), ("attempt:timeout", ""), ("partner_error", "x")]
    rows = [
        counted(
            connectors[number % 2],
            now - timedelta(minutes=number * 73),
            kinds[number % 5][0],
            reason=kinds[number % 5][1],
            action_id=f"act_{number % 3}",
            count=number % 7 + 1,
        )
        for number in range(2_000)
    ]
    await store(plane, *rows)
    for zone, length in itertools.product(map(ZoneInfo, ZONES), WindowLength):
        async with plane.parts.database.transaction(write=False) as session:
            caller = Caller("default", "usr_1", "key_1", Role.VIEWER)
            work = Work(caller, session, plane.parts, now)
            told = {detail: await read_statistics(work, length, zone, Scope(), detail) for detail in Detail}
        expected = recounted(rows, zone, now, length.days)
        for answer in told.values():
            assert {day.date: sent_and_errors(day) for day in answer.by_day if day.sent or day.errors} == expected
            assert answer.totals == told[Detail.TOTALS].totals
            assert (answer.totals.sent, answer.totals.errors_total) == tuple(
                map(sum, zip(*expected.values(), strict=True))
            )
        for brief, full in zip(told[Detail.CONNECTORS].connectors, told[Detail.DAYS].connectors, strict=True):
            assert (brief.connector_id, brief.totals) == (full.connector_id, full.totals)
            assert sum(day.sent for day in full.by_day or ()) == full.totals.sent


def sent_and_errors(day: DayRead) -> tuple[int, int]:
    """What a day is compared by."""
    return day.sent, sum(day.errors.values())


def recounted(rows: list[dict[str, Any]], zone: ZoneInfo, now: datetime, days: int) -> dict[date, tuple[int, int]]:
    """Sent and errors by day of a zone, each row looked at by itself."""
    today, found = now.astimezone(zone).date(), {}
    for row in rows:
        day = datetime.fromtimestamp(row["bucket_at"], UTC).astimezone(zone).date()
        if (today - day).days >= days or row["class"].startswith(("skipped", "attempt:")):
            continue
        sent, errors = found.get(day, (0, 0))
        is_sent = row["class"] == "sent"
        found[day] = (sent + is_sent * row["count"], errors + (not is_sent) * row["count"])
    return found


async def test_an_unknown_zone_is_told(plane: Plane) -> None:
    for zone in ("Mars/Olympus", "../../etc/passwd", ""):
        problem = await plane.call("GET", "/v1/statistics", 422, params={"time_zone": zone})
        assert problem["errors"][0]["code"] == "unknown_time_zone"


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["UTC", "Europe/Amsterdam", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    st.sampled_from(list(WindowLength)),
)
def test_days_and_stretches_cover_a_window_without_gap_or_overlap(
    now: datetime, zone: str, length: WindowLength
) -> None:
    window = window_of(length, ZoneInfo(zone), now)
    assert len(window.days) == length.days
    assert all(a.end == b.start for a, b in zip(window.days, window.days[1:], strict=False))
    assert all(a.end == b.start for a, b in zip(window.stretches, window.stretches[1:], strict=False))
    assert (window.stretches[0].start, window.stretches[-1].end) == (window.start, window.end)
    assert window.start <= now.timestamp() < window.end
    for stretch in window.stretches:
        for at in range(stretch.start, stretch.end, 6 * 3600 + QUARTER):
            assert datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset() == timedelta(seconds=stretch.offset)
    whole = utc_days_within(window.start, window.end)
    assert whole is not None
    assert window.start <= whole[0] < whole[1] <= window.end


async def store_errors(plane: Plane, connector_id: str, *profiles: str) -> None:
    """One error per profile, a second apart."""
    now = int(datetime.now(UTC).timestamp())
    row = {"workspace": "default", "connector_id": connector_id, "action_id": "act_1", "delivery_id": "d", "run": 0}
    row |= {"class": "partner_error", "reason": "rejected", "partner_code": "L-7", "attempts": 1}
    rows = [
        row | {"partition": 0, "offset": n, "at": now - n, "profile_id": profile} for n, profile in enumerate(profiles)
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(outcome_errors.insert(), rows)


async def test_errors_come_newest_first_page_by_page(plane: Plane) -> None:
    connector_id = await plane.connector()
    await store_errors(plane, connector_id, *(f"p-{n}" for n in range(5)))
    first = await plane.call("GET", "/v1/errors", 200, params={"limit": 3})
    second = await plane.call("GET", "/v1/errors", 200, params={"limit": 3, "cursor": first["next_cursor"]})
    seen = [item["profile_id"] for page in (first, second) for item in page["items"]]
    assert seen == [f"p-{n}" for n in range(5)]
    assert first["items"][0]["link"] == "https://ledger.example/errors#L-7"
    assert (second["has_more"], second["truncated"]) == (False, False)
    none = await plane.call("GET", "/v1/errors", 200, params={"outcome": "timeout"})
    assert none["items"] == []


async def test_a_window_whose_oldest_errors_were_removed_says_so(plane: Plane) -> None:
    connector_id = await plane.connector()
    async with plane.parts.database.transaction(write=True) as session:
        horizon = {"workspace": "default", "connector_id": connector_id, "complete_from": 4_000_000_000}
        await session.execute(error_horizons.insert(), [horizon])
    assert (await plane.call("GET", "/v1/errors", 200))["truncated"] is True
    answer = await plane.http.get("/v1/errors.csv")
    assert answer.headers["patchbay-truncated"] == "true"


async def test_the_download_holds_every_error_and_no_formula(plane: Plane) -> None:
    connector_id = await plane.connector()
    profiles = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝x", 'a "quoted", one', "ada"]
    await store_errors(plane, connector_id, *profiles, *(f"p-{n}" for n in range(2_500)))

    answer = await plane.http.get("/v1/errors.csv", params={"bom": True})

    assert answer.text.startswith("\ufeffat,")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 2_510
    assert [row["profile_id"] for row in rows[:10]] == [*(f"'{profile}" for profile in profiles[:8]), *profiles[8:]]


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not safe_cell(text).lstrip(" ").startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert safe_cell(text).endswith(text)


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


async def test_errors_of_one_day_are_told_apart(plane: Plane) -> None:
    now = datetime.now(UTC)
    yesterday = now - timedelta(days=1)
    rows = [error_row(0, yesterday), error_row(1, now)]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(outcome_errors.insert(), rows)
    query = {"day": yesterday.date().isoformat()}
    assert [row["delivery_id"] for row in (await plane.call("GET", "/v1/errors", 200, params=query))["items"]] == [
        "dlv_0"
    ]
    answer = await plane.http.get("/v1/errors.csv", params=query)
    assert [row["delivery_id"] for row in csv.DictReader(io.StringIO(answer.text))] == ["dlv_0"]
    refused = await plane.call("GET", "/v1/errors", 422, params={"day": "2020-01-01"})
    assert refused["errors"][0]["code"] == "outside_the_window"


def error_row(number: int, at: datetime) -> dict[str, Any]:
    """An error as it is kept."""
    row = {"partition": 0, "offset": number, "at": int(at.timestamp()), "workspace": "default", "event_id": None}
    row |= {"connector_id": "con_1", "action_id": "act_1", "delivery_id": f"dlv_{number}", "profile_id": "ada"}
    row |= {"class": "partner_error", "reason": "rejected", "partner_code": "190", "http_status": 400}
    return row | {"change": "joined", "attempts": 1, "run": 0}


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
