"""Records that wait on disk are the ones that came, whatever is rewritten, dropped or refused meanwhile."""

import os
from typing import Any
from weakref import WeakSet

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connectors.kit.exchange import PartnerResponse
from connectors.records.profile_event import Change
from stream_workers.engine.delivery import Taken
from stream_workers.engine.scratch import LARGE_BYTES, PAUSE, Scratch
from stream_workers.shell.scratch_file import ScratchFile
from tests.support.builders import NOON_MS, action, connector, event_bytes, membership
from tests.support.engine import Bench

SLACK = 3


def record(value: bytes) -> Taken:
    return Taken(value, 0, NOON_MS, NOON_MS, None)


def never(_detail: str) -> None:
    raise AssertionError("a record was not what was written")


def refuse() -> ScratchFile:
    raise OSError("No space left on device")


class ScratchBesideADict(RuleBasedStateMachine):
    """Every living record beside its bytes, and the files that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.files: WeakSet[ScratchFile] = WeakSet()
        self.full = False
        self.refused: list[OSError] = []
        self.scratch = Scratch(self.open_file, self.refused.append, in_memory=1, slack=SLACK)
        self.living: list[tuple[Taken, bytes]] = []

    def open_file(self) -> ScratchFile:
        file = refuse() if self.full else ScratchFile(None, never)
        self.files.add(file)
        return file

    def rest(self, taken: Taken) -> None:
        self.scratch.rest(taken, len(self.living))
        self.scratch.tidy(len(self.living), lambda: [one for one, _ in self.living], moves=2)

    @rule(value=st.binary(max_size=40) | st.just(b"x" * (LARGE_BYTES + 1)))
    def comes(self, value: bytes) -> None:
        taken = record(value)
        self.living.append((taken, value))
        self.rest(taken)

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def is_attempted_and_waits_again(self, data: Any) -> None:
        taken, value = self.living[data.draw(st.integers(0, len(self.living) - 1))]
        assert (taken.value, taken.size) == (value, len(value))
        self.rest(taken)
        assert taken.held is None or taken.file is None

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def ends(self, data: Any) -> None:
        self.living.pop(data.draw(st.integers(0, len(self.living) - 1)))

    @rule()
    def the_disk_is_full_or_has_room_again(self) -> None:
        self.full = not self.full

    @rule()
    def time_passes(self) -> None:
        self.scratch.tidy(len(self.living), lambda: [one for one, _ in self.living], moves=100)

    @invariant()
    def everything_is_as_it_came(self) -> None:
        for taken, value in self.living:
            assert taken.size == len(value)
            held, taken.held = taken.held, taken.held if taken.file is None else None
            assert taken.value == value
            taken.held = held

    def teardown(self) -> None:
        self.living.clear()
        self.refused.clear()  # an error holds the frames that it came through
        del self.scratch
        assert not self.files


TestScratchBesideADict = ScratchBesideADict.TestCase
TestScratchBesideADict.settings = settings(max_examples=50, stateful_step_count=30)


def test_the_first_rows_do_not_touch_the_disk():
    scratch = Scratch(refuse, print, in_memory=2)
    taken = record(b"first")
    scratch.rest(taken, 2)
    assert taken.held == b"first"


def test_dead_records_are_left_behind():
    files = []

    def open_file() -> ScratchFile:
        files.append(ScratchFile(None, never))
        return files[-1]

    scratch = Scratch(open_file, print, in_memory=0, slack=SLACK)
    stays = record(b"stays")
    scratch.rest(stays, 1)
    for number in range(2 + SLACK):
        scratch.rest(record(b"%d" % number), 1)
    assert [file.records for file in files] == [3 + SLACK]
    scratch.tidy(1, lambda: [stays])
    assert stays.file is files[1]
    assert (scratch.size, stays.value) == (files[1].size, b"stays")
    scratch.tidy(0, list)
    assert [file.records for file in files] == [3 + SLACK, 1]


def test_a_disk_that_is_full_is_told_once_in_a_while_and_nothing_is_lost():
    told: list[OSError] = []
    scratch = Scratch(refuse, told.append, in_memory=0)
    records = [record(b"%d" % number) for number in range(2 * PAUSE)]
    for taken in records:
        scratch.rest(taken, len(records))
    assert len(told) == 2
    assert [taken.value for taken in records] == [b"%d" % number for number in range(2 * PAUSE)]


# --- in the engine ---


async def hold_back(bench: Bench, count: int) -> None:
    """Joins of so many profiles wait at a connector that is paused."""
    bench.publish(connector(paused=True, revision=2))
    bench.feed(*(membership(f"p-{number}", event_id=f"e-{number}") for number in range(count)))
    await bench.settle()
    await bench.until(lambda: len(bench.logs[0].rows) == count)


async def test_rows_that_wait_on_disk_are_delivered_as_they_came(bench):
    await hold_back(bench, 5)
    scratch = bench.engine.feeds[0].partition.scratch
    assert scratch.size > 0
    assert {row.held is None for row in bench.engine.feeds[0].partition._living()} == {True, False}
    bench.publish(connector(revision=3))
    await bench.until(lambda: len(bench.outcomes()) == 5)
    assert sorted(bench.partner.received()) == [(f"p-{number}", "joined") for number in range(5)]
    assert {one.event_id for one in bench.logs[0].outcomes} == {f"e-{number}" for number in range(5)}


async def test_a_dead_letter_that_waited_on_disk_holds_the_record_as_it_came(bench):
    await hold_back(bench, 3)
    bench.partner.answer = lambda _request: PartnerResponse(422)
    bench.publish(connector(revision=3))
    await bench.until(lambda: len(bench.logs[0].dead_letters) == 3)
    records = {letter.profile_id: letter.record for letter in bench.logs[0].dead_letters}
    assert records["p-2"] == event_bytes(membership("p-2", event_id="e-2"))


async def test_a_newer_change_finds_the_one_that_waits_on_disk(bench):
    await hold_back(bench, 3)
    bench.feed(membership("p-2", Change.LEFT, seconds=60, event_id="e-9"))
    await bench.until(lambda: ("p-2", "skipped", "superseded") in bench.outcomes())
    bench.publish(connector(revision=3))
    await bench.until(lambda: len(bench.outcomes()) == 4)
    assert ("p-2", "left") in bench.partner.received()
    assert ("p-2", "joined") not in bench.partner.received()


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "read again"])
async def test_what_waits_on_disk_goes_on_after_a_rebalance(bench, kept):
    await hold_back(bench, 4)
    scratch = bench.engine.feeds[0].partition.scratch
    await bench.engine.release({0})
    if not kept:
        bench.engine._kept.clear()
    bench.own(0)
    await bench.until(lambda: bench.engine.pending_rows() == 4)
    assert (bench.engine.feeds[0].partition.scratch is scratch) == kept
    bench.publish(connector(revision=3))
    await bench.until(lambda: len(bench.outcomes()) == 4)
    assert sorted(bench.partner.received()) == [(f"p-{number}", "joined") for number in range(4)]


async def test_a_worker_whose_scratch_file_is_damaged_ends_and_the_next_reads_the_rows_from_kafka(bench):
    await hold_back(bench, 3)
    (damaged,) = {row.file for row in bench.engine.feeds[0].partition._living() if row.file is not None}
    os.ftruncate(damaged._descriptor, 0)
    bench.publish(connector(revision=3))
    await bench.until(lambda: bench.engine.failed)
    await bench.settle()
    assert {outcome for _, outcome, _ in bench.outcomes()} <= {"sent"}
    sent = len(bench.outcomes())
    assert len(bench.logs[0].rows) == 3 - sent
    await bench.engine.release({0})
    bench.engine._kept.clear()
    bench.own(0)
    await bench.until(lambda: len(bench.outcomes()) == 3)
    assert sorted(bench.partner.received()) == [(f"p-{number}", "joined") for number in range(3)]


async def test_batches_count_the_bytes_of_rows_without_reading_them(bench):
    bench.publish(connector(action(type="sync_batch"), version=2, revision=2))
    await hold_back(bench, 3)
    on_disk = [row for row in bench.engine.feeds[0].partition._living() if row.file is not None]
    assert [row.held for row in on_disk] == [None, None]
