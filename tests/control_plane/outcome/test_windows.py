"""Windows by day in the caller's zone agree with a plain recount, over changes of the clock too."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records.metrics_table import DAY_SECONDS
from control_plane.access.caller import Caller, Role
from control_plane.access.work import Work
from control_plane.outcome.repository import Scope, by_day, workspace_by_day
from control_plane.outcome.schemas import DayRead, Detail
from control_plane.outcome.service import read_statistics
from control_plane.outcome.window import Window, WindowLength, utc_days_within, window_of
from tests.support.counts import QUARTER, counted, statistics, store
from tests.support.plane import Plane


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


CALLER = Caller("default", "usr_1", "key_1", Role.VIEWER)
MOMENTS = ["2026-03-30T05:00", "2026-10-26T12:10", "2026-11-02T23:50", "2027-01-01T00:00"]
ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"]
ZONES += ["Europe/London", "Europe/Lisbon", "Africa/Casablanca", "Australia/Lord_Howe"]


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
            work = Work(CALLER, session, plane.parts, now)
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
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis adds the zone
    st.sampled_from(["UTC", "Europe/Amsterdam", "Europe/London", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
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


def test_where_the_clock_did_not_change_a_window_at_utc_is_one_stretch() -> None:
    for zone, moment in (("UTC", "2026-10-26"), ("Europe/London", "2026-02-01"), ("Atlantic/Azores", "2026-07-01")):
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        (stretch,) = window_of(WindowLength.MONTH, ZoneInfo(zone), now).stretches
        assert stretch.keeps_utc_days


# At UTC in winter, in summer, or in Ramadan; half an hour away from it, or by half an hour; changing at midnight.
CHANGING = ["Europe/London", "Europe/Dublin", "Europe/Lisbon", "Atlantic/Canary", "Atlantic/Azores"]
CHANGING += ["Africa/Casablanca", "Africa/El_Aaiun", "Antarctica/Troll", "America/Scoresbysund", "Europe/Amsterdam"]
CHANGING += ["America/St_Johns", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham"]
CHANGING += ["America/Havana", "America/Santiago", "Africa/Cairo"]


def changes_of_the_clock() -> Iterator[tuple[str, datetime]]:
    """Each zone with the midnights (UTC) of some years before its clock changes."""
    begin, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2024, 2028))
    for zone, at in itertools.product(CHANGING, range(begin, end, DAY_SECONDS)):
        before, after = (datetime.fromtimestamp(moment, ZoneInfo(zone)) for moment in (at, at + DAY_SECONDS))
        if before.utcoffset() != after.utcoffset():
            yield zone, before.astimezone(UTC)


CHANGES = list(changes_of_the_clock())


def counted_by_day(instants: Iterable[int], zone: str, window: Window) -> Counter[date]:
    """How many fall on each day of the window, each looked at by itself."""
    days = Counter(datetime.fromtimestamp(at, ZoneInfo(zone)).date() for at in instants)
    return Counter({day.date: days[day.date] for day in window.days if days[day.date]})


def date_of(number: int) -> date:
    """The day that is so many days after the first of January 1970."""
    return date(1970, 1, 1) + timedelta(days=number)


@given(st.sampled_from(CHANGES), st.integers(0, 7 * 1440), st.sampled_from(list(WindowLength)))
def test_quarter_hours_and_utc_days_make_up_the_days_of_a_window(
    change: tuple[str, datetime], minutes: int, length: WindowLength
) -> None:
    zone, before = change
    window = window_of(length, ZoneInfo(zone), before + timedelta(minutes=minutes))
    instants = range(window.start - 2 * DAY_SECONDS, window.end + 2 * DAY_SECONDS, QUARTER)
    daily = Counter(at // DAY_SECONDS * DAY_SECONDS for at in instants)
    told: Counter[date] = Counter()
    for stretch in window.stretches:
        for at, count in (daily if stretch.keeps_utc_days else Counter(instants)).items():
            if stretch.start <= at < stretch.end:
                told[date_of((at + stretch.offset) // DAY_SECONDS)] += count
    assert told == counted_by_day(instants, zone, window)


async def test_days_agree_with_a_recount_of_outcomes_around_changes_of_the_clock(plane: Plane) -> None:
    chance = random.Random(25)
    moments = [before + timedelta(minutes=chance.randint(-1440, 2880)) for _, before in CHANGES for _ in range(9)]
    await store(plane, *(counted("con_1", moment) for moment in moments))
    instants = [int(moment.timestamp()) for moment in moments]
    for zone, before in CHANGES:
        now = before + timedelta(minutes=chance.randint(0, 7 * 1440))
        window = window_of(WindowLength.WEEK, ZoneInfo(zone), now)
        async with plane.parts.database.transaction(write=False) as session:
            work = Work(CALLER, session, plane.parts, now)
            answers = [await by_day(work, window, Scope(), each=each) for each in (False, True)]
            answers.append(await workspace_by_day(work, window))
        for answer in answers:
            told: Counter[date] = Counter()
            for item in answer:
                told[date_of(item.day)] += item.count
            assert told == counted_by_day(instants, zone, window), (zone, now)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("zone", ZONES)
def test_a_window_in_single_days_is_the_same_window(zone: str, moment: str) -> None:
    window = window_of(WindowLength.QUARTER, ZoneInfo(zone), datetime.fromisoformat(moment).replace(tzinfo=UTC))
    days = list(window.day_by_day())
    assert tuple(one.days[0] for one in days) == window.days
    assert [(one.start, one.end) for one in days] == [(day.start, day.end) for day in window.days]
    assert [at for one in days for at in offsets(one)] == list(offsets(window))


def offsets(window: Window) -> Iterator[tuple[int, int]]:
    """Every quarter hour of a window with the zone's distance to UTC."""
    for stretch in window.stretches:
        yield from ((at, stretch.offset) for at in range(stretch.start, stretch.end, QUARTER))
