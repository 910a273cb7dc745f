"""Windows of 7, 30 and 90 days in a time zone, cut so that most of them can be read from daily counts; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from connectors.records.metrics_grain import DAY_SECONDS, QUARTER_HOUR_SECONDS


class WindowLength(StrEnum):
    """The windows that are counted for."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def days(self) -> int:
        """How many days, the one that runs included."""
        return int(self.value[:-1])


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the caller's calendar, in unix seconds; the one that runs is `partial`."""

    date: date
    start: int
    end: int
    partial: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a window in which the zone's distance to UTC is the same; day = (second + offset) / one day."""

    start: int
    end: int
    offset: int

    @property
    def keeps_utc_days(self) -> bool:
        """True when it is made of whole UTC days, which are also the zone's, so that daily counts tell them."""
        return all(seconds % DAY_SECONDS == 0 for seconds in (self.start, self.end, self.offset))


@dataclass(frozen=True, slots=True)
class Window:
    """Some days of a calendar up to now."""

    days: tuple[Day, ...]
    stretches: tuple[Stretch, ...]

    @property
    def start(self) -> int:
        """Its first second."""
        return self.days[0].start

    @property
    def end(self) -> int:
        """The end of the day that runs."""
        return self.days[-1].end

    def day_by_day(self) -> "Iterator[Window]":
        """Windows of one day each."""
        for day in self.days:
            within = ((max(one.start, day.start), min(one.end, day.end), one.offset) for one in self.stretches)
            yield Window((day,), tuple(Stretch(*one) for one in within if one[0] < one[1]))


def window_of(length: WindowLength, zone: ZoneInfo, now: datetime) -> Window:
    """The days up to and with the one that runs in this zone."""
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(length.days - 1, -1, -1)]
    starts = [_midnight(day, zone) for day in (*dates, today + timedelta(days=1))]
    days = tuple(Day(day, start, end, day == today) for day, start, end in zip(dates, starts, starts[1:], strict=False))
    stretches = _stretches(starts[0], starts[-1], zone)
    return Window(days, tuple(part for stretch in stretches for part in _parts(stretch)))


def utc_days_within(start: int, end: int) -> tuple[int, int] | None:
    """The whole UTC days between two seconds, or `None` when there is none."""
    first, last = -(-start // DAY_SECONDS) * DAY_SECONDS, end // DAY_SECONDS * DAY_SECONDS
    return (first, last) if first < last else None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _stretches(start: int, end: int, zone: ZoneInfo) -> Iterator[Stretch]:
    since, offset = start, _offset(start, zone)
    for at in range(start + DAY_SECONDS, end + DAY_SECONDS, DAY_SECONDS):
        now = _offset(min(at, end), zone)
        if now != offset:
            change = _first_with(now, at - DAY_SECONDS, min(at, end), zone)
            yield Stretch(since, change, offset)
            since, offset = change, now
    if since < end:
        yield Stretch(since, end, offset)


def _parts(stretch: Stretch) -> Iterator[Stretch]:
    """Where the zone is at UTC, its whole days apart from what is left of those on which the clock changes."""
    whole = utc_days_within(stretch.start, stretch.end) if stretch.offset % DAY_SECONDS == 0 else None
    for start, end in pairwise((stretch.start, *(whole or ()), stretch.end)):
        if start < end:
            yield Stretch(start, end, stretch.offset)


def _first_with(offset: int, before: int, after: int, zone: ZoneInfo) -> int:
    """The first quarter hour at which the zone has this offset; it does not before the first of these two."""
    low, high = before // QUARTER_HOUR_SECONDS, -(-after // QUARTER_HOUR_SECONDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _offset(middle * QUARTER_HOUR_SECONDS, zone) == offset else (middle, high)
    return high * QUARTER_HOUR_SECONDS


def _offset(at: int, zone: ZoneInfo) -> int:
    distance = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return 0 if distance is None else int(distance.total_seconds())
