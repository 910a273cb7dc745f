"""How far a source partition is finished: a contiguous prefix, and what is finished beyond it."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.delivery import Position

WINDOW: Final = 8_192
"""How many offsets beyond the finished prefix may be taken; also the size of the bitmap in the position record."""


class FinishedOffsets:
    """The finished offsets of one partition. Offsets that do not exist (transaction markers) never hold it back."""

    def __init__(self, next_offset: int = 0, finished: frozenset[int] = frozenset()) -> None:
        self._restored = set(finished)
        self._taken: deque[int] = deque()
        self._finished: set[int] = set()
        self._ended: dict[int, list[str]] = {}
        """Of records that are not finished: the actions whose delivery has ended, or is durably pending."""
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
        return len(self._taken) - len(self._finished)

    def is_finished(self, offset: int) -> bool:
        """True when the record was finished before, here or by an earlier owner: it must not be taken again."""
        return offset < self._expected or offset in self._restored

    def has_room(self, offset: int) -> bool:
        """True when the offset is inside the window beyond the finished prefix, or when nothing is open."""
        return not self._taken or offset - self._taken[0] < WINDOW

    def take(self, offset: int) -> None:
        """A record is being worked on; offsets must come in ascending order."""
        self._taken.append(offset)
        self._expected = offset + 1

    def end(self, offset: int, action_id: str) -> None:
        """One delivery of the record has ended or is durably pending, and others have not."""
        self._ended.setdefault(offset, []).append(action_id)

    def ended(self, offset: int) -> Sequence[str]:
        """The actions whose delivery of the record must not begin again: it has ended before, or waits as a row."""
        return self._ended.get(offset, ())

    def finish(self, offset: int) -> None:
        """Each delivery of the record has ended or is durably pending."""
        if self._ended:
            self._ended.pop(offset, None)
        taken, finished = self._taken, self._finished
        if taken and taken[0] == offset:
            taken.popleft()
            while taken and taken[0] in finished:
                finished.discard(taken.popleft())
        else:
            finished.add(offset)

    def pass_over(self, offset: int) -> None:
        """A record that an earlier owner had finished is passed."""
        self._restored.discard(offset)
        self.take(offset)
        self.finish(offset)

    def record(self, config_position: int, sequence: int, commands_next: int = 0) -> Position:
        """The position to commit: at most `WINDOW` bits beyond the prefix, and as many for each action."""
        first = self.next
        finished = _bitmap(chain(self._finished, self._restored), first + 1)
        by_action: dict[str, list[int]] = {}
        for offset, action_ids in self._ended.items():
            for action_id in action_ids:
                by_action.setdefault(action_id, []).append(offset)
        ended = {action_id: _bitmap(offsets, first) for action_id, offsets in by_action.items()}
        return Position(SCHEMA_VERSION, first, finished, config_position, sequence, commands_next, ended)


def _bitmap(offsets: Iterable[int], first: int) -> bytes:
    """Bit `n`, from the little end, stands for the offset `first + n`; those out of the window are left out."""
    bits = 0
    for offset in offsets:
        if first <= offset < first + WINDOW:
            bits |= 1 << (offset - first)
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _offsets(bitmap: bytes, first: int) -> list[int]:
    bits = int.from_bytes(bitmap, "little")
    return [first + bit for bit in range(bits.bit_length()) if bits >> bit & 1]
