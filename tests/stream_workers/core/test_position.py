"""The position of a partition against a naive model: whatever ends in whatever order, nothing is passed over."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stream_workers.core.position import WINDOW, FinishedOffsets

Gaps = st.lists(st.integers(1, 4), min_size=1, max_size=60)


def offsets_with(gaps: list[int], start: int = 0) -> list[int]:
    """Ascending offsets, some of them missing (transaction markers, compaction)."""
    offsets, at = [], start
    for gap in gaps:
        offsets.append(at)
        at += gap
    return offsets


@given(Gaps, st.randoms(use_true_random=False))
def test_the_position_is_the_first_open_record_whatever_ends_first(gaps, chance):
    offsets = offsets_with(gaps)
    position = FinishedOffsets()
    for offset in offsets:
        position.take(offset)
    open_ones = set(offsets)
    for offset in chance.sample(offsets, len(offsets)):
        assert position.next == min(open_ones)
        assert position.unfinished == len(open_ones)
        position.finish(offset)
        open_ones.discard(offset)
    assert position.next == position.expected == offsets[-1] + 1


@given(Gaps, st.data())
def test_a_new_owner_takes_exactly_what_was_not_finished(gaps, data):
    offsets = offsets_with(gaps)
    taken = offsets[: data.draw(st.integers(0, len(offsets)))]
    finished = set(data.draw(st.lists(st.sampled_from(taken), unique=True))) if taken else set()
    position = FinishedOffsets()
    for offset in taken:
        position.take(offset)
    for offset in finished:
        position.finish(offset)

    restored = FinishedOffsets.restore(position.record(0, 1))
    assert restored.next == position.next
    assert restored.finished_until == max(finished | {position.next - 1}) + 1
    again = []
    for offset in offsets:
        if restored.is_finished(offset):
            if offset >= restored.expected:
                restored.pass_over(offset)
        else:
            restored.take(offset)
            again.append(offset)
    assert again == [offset for offset in offsets if offset not in finished]
    for offset in again:
        restored.finish(offset)
    assert restored.next == restored.expected


@given(st.lists(st.lists(st.sampled_from(("act_1", "act_2", "act_3")), unique=True), max_size=20), st.data())
def test_a_new_owner_begins_no_delivery_that_has_ended_of_a_record_that_has_not(ended, data):
    """However often the owner changes: of each record the actions in `ended` are over, and one more is not."""
    position = FinishedOffsets()
    for offset, action_ids in enumerate(ended):
        position.take(offset)
        for number, action_id in enumerate(action_ids):
            if data.draw(st.booleans()):
                position = FinishedOffsets.restore(position.record(0, 1))
                for again in range(offset + 1):
                    position.take(again)
            assert sorted(position.ended(offset)) == sorted(action_ids[:number])
            position.end(offset, action_id)
    assert [sorted(position.ended(offset)) for offset in range(len(ended))] == [sorted(one) for one in ended]
    for offset in range(len(ended)):
        position.finish(offset)
    assert position.record(0, 2).ended == {}


@given(st.lists(st.tuples(Gaps, st.randoms(use_true_random=False)), min_size=1, max_size=4))
def test_nothing_is_lost_and_nothing_taken_again_over_any_number_of_owners(lives):
    """Each owner reads from where the one before had come to, and is gone at any record."""
    offsets = offsets_with([gap for gaps, _ in lives for gap in gaps])
    record, done = None, []
    for _gaps, chance in lives:
        position = FinishedOffsets.restore(record) if record is not None else FinishedOffsets()
        reach = chance.randrange(len(offsets) + 1)
        for offset in offsets[:reach]:
            if not position.is_finished(offset):
                position.take(offset)
                if chance.random() < 0.6:
                    position.finish(offset)
                    done.append(offset)
            elif offset >= position.expected:
                position.pass_over(offset)
        record = position.record(0, 1)
    assert len(done) == len(set(done))
    last = FinishedOffsets.restore(record)
    assert {offset for offset in offsets if last.is_finished(offset)} >= set(done)


class PositionMachine(RuleBasedStateMachine):
    """Against plain sets: offsets far apart, records that expire unfinished, and owners that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[int] = []
        self.finished: set[int] = set()
        self.ended: dict[int, set[str]] = defaultdict(set)

    @initialize(start=st.integers(0, 3 * WINDOW))
    def begin(self, start: int) -> None:
        self.position = FinishedOffsets(start)
        self.log_ends = start

    @rule(gap=st.sampled_from((0, 0, 0, 1, 7, WINDOW // 2, WINDOW, 3 * WINDOW)))
    def take(self, gap: int) -> None:
        offset = self.log_ends + gap
        if self.position.has_room(offset):
            self.position.take(offset)
            self.log.append(offset)
            self.log_ends = offset + 1

    @precondition(lambda self: self.log)
    @rule(back=st.integers(0, 50), action=st.sampled_from(("act_1", "act_2")))
    def end(self, back: int, action: str) -> None:
        offset = self.log[back % len(self.log)]
        if offset not in self.finished and action not in self.ended[offset]:
            self.position.end(offset, action)
            self.ended[offset].add(action)

    @precondition(lambda self: self.log)
    @rule(back=st.integers(0, 50))
    def finish(self, back: int) -> None:
        offset = self.log[back % len(self.log)]
        if offset not in self.finished:
            self.position.finish(offset)
            self.finished.add(offset)

    @rule(kept=st.integers(0, 5))
    def hand_over(self, kept: int) -> None:
        """Kafka has no more than the last records when the next owner comes."""
        self.position = FinishedOffsets.restore(self.position.record(0, 1))
        self.log = [offset for offset in self.log[len(self.log) - kept :] if offset >= self.position.next]
        for offset in self.log:
            if self.position.is_finished(offset):
                self.position.pass_over(offset)
            else:
                self.position.take(offset)

    @invariant()
    def the_next_owner_would_know(self) -> None:
        record = self.position.record(0, 1)
        restored = FinishedOffsets.restore(record)
        for offset in self.log:
            done = offset in self.finished
            assert restored.is_finished(offset) == done
            assert set(restored.ended(offset)) == (set() if done else self.ended[offset])
        assert marked(record.finished, record.next + 1) <= self.finished
        for action, bitmap in record.ended.items():
            assert all(action in self.ended[offset] for offset in marked(bitmap, record.next))


def marked(bitmap: bytes, first: int) -> set[int]:
    return {first + 8 * place + bit for place, byte in enumerate(bitmap) for bit in range(8) if byte >> bit & 1}


class TestPositionMachine(PositionMachine.TestCase):
    settings = settings(max_examples=200, stateful_step_count=40)


def test_what_is_finished_right_after_the_prefix_is_remembered_before_it_is_passed():
    position = FinishedOffsets()
    for offset in range(3):
        position.take(offset)
    position.finish(1)
    second = FinishedOffsets.restore(position.record(0, 1))
    second.take(0)
    second.finish(0)
    third = FinishedOffsets.restore(second.record(0, 2))
    assert [offset for offset in range(3) if third.is_finished(offset)] == [0, 1]


def test_a_record_that_finishes_twice_counts_once_and_marks_no_other():
    position = FinishedOffsets()
    for offset in range(3):
        position.take(offset)
    for _ in range(2):
        position.finish(0)
    assert (position.next, position.unfinished) == (1, 2)
    assert position.record(0, 1).finished == b""


def test_the_window_is_full_when_the_first_open_record_is_too_far_back():
    position = FinishedOffsets()
    position.take(0)
    assert position.has_room(WINDOW - 1)
    assert not position.has_room(WINDOW)
    position.finish(0)
    assert position.has_room(10 * WINDOW)


def test_the_bitmap_never_exceeds_its_size():
    position = FinishedOffsets()
    for offset in range(WINDOW):
        position.take(offset)
        if offset:
            position.finish(offset)
    assert len(position.record(0, 1).finished) <= WINDOW // 8
