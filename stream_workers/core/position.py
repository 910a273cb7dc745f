"""How far a source partition is finished: a contiguous prefix, and what is finished beyond it."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.delivery import Position

WINDOW: Final = 8_192
"""How many offsets beyond the finished prefix may be taken; also the size of the bitmap in the position record."""


class Marks:
    """Some offsets of one window, wherever it is: a ring of bits. Its bitmap costs the same however many they are.

    A slow partner leaves thousands behind the first open record, and every commit writes them.
    """

    __slots__ = ("_ring", "count")

    def __init__(self) -> None:
        self._ring = bytearray(WINDOW // 8)
        self.count = 0

    def has(self, offset: int) -> bool:
        """True when the offset is marked; it must be in the window."""
        return self._ring[offset % WINDOW >> 3] >> (offset & 7) & 1 == 1

    def add(self, offset: int) -> None:
        """Mark an offset; all that are marked must be in one window."""
        if not self.has(offset):
            self._ring[offset % WINDOW >> 3] |= 1 << (offset & 7)
            self.count += 1

    def discard(self, offset: int) -> None:
        """The offset is marked no more."""
        if self.has(offset):
            self._ring[offset % WINDOW >> 3] ^= 1 << (offset & 7)
            self.count -= 1

    def bits(self, first: int) -> int:
        """Bit `n`, from the little end, stands for the offset `first + n`; `first` is where the window begins."""
        ring, turn = int.from_bytes(self._ring, "little"), first % WINDOW
        return ring >> turn | (ring & (1 << turn) - 1) << WINDOW - turn


class FinishedOffsets:
    """The finished offsets of one partition. Offsets that do not exist (transaction markers) never hold it back.

    What is marked is in the window that begins with the first open record: ask `has_room` before a record is taken.
    """

    def __init__(self, next_offset: int = 0, finished: frozenset[int] = frozenset()) -> None:
        self._restored = set(finished)
        self._taken: deque[int] = deque()
        self._finished = Marks()
        self._ended: dict[int, list[str]] = {}
        """Of records that are not finished: the actions whose delivery has ended, or is durably pending."""
        self._ended_of: dict[str, Marks] = {}
        """The same by action."""
        self._expected = next_offset

    @classmethod
    def restore(cls, position: Position) -> "FinishedOffsets":
        """The finished offsets that a position record describes."""
        restored = cls(position.next, frozenset(_offsets(position.finished, position.next + 1)))
        for action_id, bitmap in position.ended.items():
            for offset in _offsets(bitmap, position.next):
                restored.end(offset, action_id)
        return restored

    @property
    def next(self) -> int:
        """Every record below this offset is finished."""
        if self._taken:
            return self._taken[0]
        first = self._expected
        while first in self._restored:  # finished by an earlier owner and not passed yet; the bits begin after `next`
            first += 1
        return first

    @property
    def expected(self) -> int:
        """The offset after the last one taken: what the next record should have, unless the log has a gap."""
        return self._expected

    @property
    def finished_until(self) -> int:
        """Nothing at or above this offset was finished by an earlier owner."""
        return max(self._restored, default=self.next - 1) + 1

    @property
    def unfinished(self) -> int:
        """How many taken records are not finished."""
        return len(self._taken) - self._finished.count

    def is_finished(self, offset: int) -> bool:
        """True when the record was finished before, here or by an earlier owner: it must not be taken again."""
        return offset < self._expected or offset in self._restored

    def has_room(self, offset: int) -> bool:
        """True when the offset is inside the window beyond the finished prefix, or when nothing is open."""
        return not self._taken or offset - self._taken[0] < WINDOW

    def take(self, offset: int) -> None:
        """A record is being worked on; offsets must come in ascending order."""
        if self._ended:
            for missing in range(self._expected, min(offset, self._expected + WINDOW)):
                self._forget(missing)
        self._taken.append(offset)
        self._expected = offset + 1

    def end(self, offset: int, action_id: str) -> None:
        """One delivery of the record has ended or is durably pending, and others have not."""
        self._ended.setdefault(offset, []).append(action_id)
        marks = self._ended_of.get(action_id)
        if marks is None:
            marks = self._ended_of[action_id] = Marks()
        marks.add(offset)

    def ended(self, offset: int) -> Sequence[str]:
        """The actions whose delivery of the record must not begin again: it has ended before, or waits as a row."""
        return self._ended.get(offset, ())

    def finish(self, offset: int) -> None:
        """Each delivery of the record has ended or is durably pending."""
        if self._ended:
            self._forget(offset)
        taken, finished = self._taken, self._finished
        if not taken or not taken[0] <= offset < self._expected:
            return
        if taken[0] == offset:
            taken.popleft()
            while finished.count and finished.has(taken[0]):
                finished.discard(taken.popleft())
        else:
            finished.add(offset)

    def _forget(self, offset: int) -> None:
        for action_id in self._ended.pop(offset, ()):
            marks = self._ended_of[action_id]
            marks.discard(offset)
            if not marks.count:
                del self._ended_of[action_id]

    def pass_over(self, offset: int) -> None:
        """A record that an earlier owner had finished is passed."""
        self._restored.discard(offset)
        self.take(offset)
        self.finish(offset)

    def record(self, config_position: int, sequence: int, commands_next: int = 0) -> Position:
        """The position to commit: at most `WINDOW` bits beyond the prefix, and as many for each action."""
        first = self.next
        finished = self._finished.bits(first + 1)
        for offset in self._restored:
            if first < offset <= first + WINDOW:
                finished |= 1 << (offset - first - 1)
        ended = {action_id: _bitmap(marks.bits(first)) for action_id, marks in self._ended_of.items()}
        return Position(SCHEMA_VERSION, first, _bitmap(finished), config_position, sequence, commands_next, ended)


def _bitmap(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _offsets(bitmap: bytes, first: int) -> list[int]:
    bits = int.from_bytes(bitmap, "little")
    return [first + bit for bit in range(bits.bit_length()) if bits >> bit & 1]
