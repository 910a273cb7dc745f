"""Taking over what workers report: each record once, whatever is read twice, breaks, or holds nonsense."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from connectors.records.codec import encode
from connectors.records.delivery import Attempt, DeadLetter, OutcomeClass
from connectors.records.topics import ATTEMPTS, DEAD_LETTERS
from control_plane.database.engine import DatabaseUnavailable
from control_plane.database.models import KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.following.follower import Follower, Pace
from control_plane.following.reader import FollowedRecord
from control_plane.following.store import FollowedStore, Kept, Overtaken, Place
from control_plane.publishing.config_topic import KafkaUnreachable
from tests.support.plane import Plane
from tests.support.reports import NoReader, attempt, dead_letter, refused_record
from tests.support.waiting import eventually_true

QUICK = Pace(retry_seconds=0.02, standby_seconds=0.02, prune_seconds=0.02, reopen_seconds=60)


class LogReader:
    """Partitions in memory, read in small chunks; it breaks as often as it is told."""

    def __init__(self, log: Mapping[Place, list[bytes]], breaks: int = 0) -> None:
        self._log = log
        self._at: dict[Place, int] = {}
        self._breaks = breaks
        self.opened = 0

    async def open(self, positions: Mapping[Place, int]) -> None:
        self.opened += 1
        self._at = {place: positions.get(place, 0) for place in self._log}

    async def read(self) -> list[FollowedRecord]:
        await asyncio.sleep(0)
        found = []
        for place, values in self._log.items():
            at = self._at[place]
            found += [FollowedRecord(*place, offset, values[offset]) for offset in range(at, min(at + 3, len(values)))]
            self._at[place] = min(at + 3, len(values))
        if found and self._breaks:
            self._breaks -= 1
            raise KafkaUnreachable("cut off")
        if not found:
            await asyncio.sleep(0.01)
        return found

    async def close(self) -> None:
        pass


def log_of(count: int) -> dict[Place, list[bytes]]:
    """So many dead letters and attempts, over two partitions each."""
    letters = [encode(dead_letter(f"dlv_{number}")) for number in range(count)]
    attempts = [encode(attempt(f"dlv_{number}")) for number in range(count)]
    return {
        (DEAD_LETTERS.name, 0): letters[::2],
        (DEAD_LETTERS.name, 1): letters[1::2],
        (ATTEMPTS.name, 0): attempts[::2],
        (ATTEMPTS.name, 1): attempts[1::2],
    }


async def count(plane: Plane, model: Any) -> int:
    async with plane.parts.database.transaction(write=False) as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def counts(plane: Plane) -> list[int]:
    return [await count(plane, model) for model in (KeptDeadLetter, KeptAttempt, KeptDelivery)]


async def taken(plane: Plane, *reports: Attempt | DeadLetter | bytes, store: FollowedStore | None = None) -> None:
    """These, as one chunk of each topic."""
    follower = Follower(store or FollowedStore(plane.parts.database), NoReader())
    records = [
        FollowedRecord(
            ATTEMPTS.name if isinstance(report, Attempt) else DEAD_LETTERS.name,
            0,
            offset,
            report if isinstance(report, bytes) else encode(report),
        )
        for offset, report in enumerate(reports)
    ]
    await follower.take(records)


async def only(plane: Plane, model: Any) -> Any:
    async with plane.parts.database.transaction(write=False) as session:
        return (await session.scalars(select(model))).one()


async def test_every_record_is_stored_once_while_kafka_comes_and_goes(plane: Plane) -> None:
    reader = LogReader(log_of(20), breaks=3)
    follower = Follower(FollowedStore(plane.parts.database), reader, QUICK)
    async with follower.running():
        await eventually_true(lambda: follower.trouble is None)

        async def everything() -> bool:
            return await counts(plane) == [20, 20, 20]

        await eventually_true(everything)
    assert reader.opened == 4


async def test_a_follower_goes_on_where_the_last_one_stopped(plane: Plane) -> None:
    log = log_of(10)
    for _ in range(2):
        async with Follower(FollowedStore(plane.parts.database), LogReader(log), QUICK).running():

            async def everything() -> bool:
                return await counts(plane) == [sum(map(len, log.values())) // 2] * 3

            await eventually_true(everything)
        for place, values in log_of(14).items():
            log[place] += values[len(log[place]) :]
    assert await counts(plane) == [14, 14, 14]


async def test_two_followers_store_what_one_would(plane: Plane) -> None:
    log = log_of(60)
    followers = [Follower(FollowedStore(plane.parts.database), LogReader(log), QUICK) for _ in range(2)]
    async with followers[0].running(), followers[1].running():

        async def everything() -> bool:
            return await counts(plane) == [60, 60, 60]

        await eventually_true(everything)
    positions = await FollowedStore(plane.parts.database).positions([DEAD_LETTERS.name, ATTEMPTS.name])
    assert positions == {place: len(values) for place, values in log.items()}


async def test_a_chunk_that_another_process_has_stored_is_overtaken(plane: Plane) -> None:
    await taken(plane, dead_letter("dlv_1"))
    with pytest.raises(Overtaken):
        await taken(plane, dead_letter("dlv_2"))
    assert (await only(plane, KeptDeadLetter)).delivery_id == "dlv_1"


async def test_what_cannot_be_read_is_passed_over(plane: Plane) -> None:
    await taken(plane, b"{", dead_letter("dlv_1"), b"", b'{"v":99}')
    assert (await only(plane, KeptDeadLetter)).delivery_id == "dlv_1"


async def test_whatever_a_record_holds_fits_its_row(plane: Plane) -> None:
    strange = "\0" + "x" * 100_000
    await taken(plane, dead_letter(profile_id=strange, partner_code=strange, detail=strange, offset=2**63 - 1))
    row = await only(plane, KeptDeadLetter)
    assert row.profile_id == "\N{REPLACEMENT CHARACTER}" + "x" * 100_000
    assert len(row.partner_code) == 64


async def test_strange_attempts_fit_too(plane: Plane) -> None:
    await taken(plane, attempt(http_status=2**40, latency_ms=2**40, request={"body": "\0\ud7ff"}, event_id="\0"))
    row = await only(plane, KeptAttempt)
    assert (row.http_status, row.request) == (2**31 - 1, {"body": "\0\ud7ff"})


async def test_only_deliveries_with_a_readable_event_can_be_replayed(plane: Plane) -> None:
    await taken(plane, dead_letter("dlv_1"), dead_letter("dlv_2", record=b"{"), refused_record())
    async with plane.parts.database.transaction(write=False) as session:
        rows = {row.delivery_id: row for row in await session.scalars(select(KeptDeadLetter))}
    assert {key: row.replayable for key, row in rows.items()} == {"dlv_1": True, "dlv_2": False, None: False}
    assert (rows["dlv_1"].event_id, rows["dlv_1"].change, rows["dlv_1"].appended_at) == (
        "e-1",
        "joined",
        1_700_000_000_000,
    )
    assert rows[None].workspace == "default"


async def test_a_delivery_stands_as_its_latest_attempt_left_it(plane: Plane) -> None:
    now = datetime.now(UTC)
    waits = {"final": False, "outcome": OutcomeClass.TIMEOUT, "next_attempt_at": now + timedelta(seconds=30)}
    store = FollowedStore(plane.parts.database)
    first = attempt(at=now - timedelta(seconds=20), **waits)
    await taken(plane, first, attempt(attempt=2, at=now, outcome=OutcomeClass.SENT, reason=None), store=store)
    row = await only(plane, KeptDelivery)
    assert (row.outcome, row.attempts, row.final, row.next_attempt_at) == ("sent", 2, True, None)
    assert await counts(plane) == [0, 2, 1]


async def test_the_newest_stay_and_the_old_go(plane: Plane) -> None:
    now = datetime.now(UTC)
    kept = Kept(dead_letters_for=timedelta(days=30), dead_letters=3, attempts_for=timedelta(days=7), attempts=2)
    store = FollowedStore(plane.parts.database, kept)
    letters = [dead_letter(f"dlv_{days}", at=now - timedelta(days=days)) for days in (0, 1, 2, 3, 31)]
    await taken(plane, *letters, dead_letter("dlv_other", workspace="other", at=now - timedelta(days=29)))
    await taken(plane, *(attempt(f"dlv_{days}", at=now - timedelta(days=days)) for days in (0, 6, 8)))
    await store.prune(now)
    async with plane.parts.database.transaction(write=False) as session:
        left = set(await session.scalars(select(KeptDeadLetter.delivery_id)))
        assert set(await session.scalars(select(KeptAttempt.delivery_id))) == {"dlv_0", "dlv_6"}
        assert set(await session.scalars(select(KeptDelivery.delivery_id))) == {"dlv_0", "dlv_6"}
    assert left == {"dlv_0", "dlv_1", "dlv_2", "dlv_other"}


async def test_much_that_is_old_goes_a_slice_at_a_time(plane: Plane) -> None:
    now = datetime.now(UTC)
    store = FollowedStore(plane.parts.database, Kept(attempts=1, dead_letters=1, at_once=2))
    await taken(plane, *(dead_letter(f"dlv_{age}", at=now - timedelta(minutes=age)) for age in range(6)))
    await taken(plane, *(attempt(f"dlv_{age}", at=now - timedelta(minutes=age)) for age in range(6)), store=store)
    refused: list[str] = ["attempts"]
    deletes: list[str] = []

    def before(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM"):
            deletes.append(statement.split()[2])
            if deletes[-1] in refused:
                raise OperationalError(statement, None, OSError("it took too long"))

    event.listen(plane.parts.database.engine.sync_engine, "before_cursor_execute", before)
    with pytest.raises(DatabaseUnavailable):
        await store.prune(now)
    assert await counts(plane) == [6, 6, 1]
    refused.clear()
    deletes.clear()
    await store.prune(now)
    assert await counts(plane) == [1, 1, 1]
    assert deletes == ["deliveries", *["attempts"] * 3, *["dead_letters"] * 3]
