"""Where the records of a partition's rows wait: the first ones in memory, the others in a file."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from stream_workers.engine.delivery import Taken
from stream_workers.shell.scratch_file import ScratchFile

ROWS_IN_MEMORY = 8_192
"""Of each partition: an ordinary spill, or an open batch, does not touch the disk."""
LARGE_BYTES = 4_096
"""A record of more than this does not stay in memory, however few there are."""
SLACK = 16_384
"""So many dead records are worth no work."""
MOVES = 4
PAUSE = 1_000


class Scratch:
    """When most of the file is dead, what lives moves to a new one, a few records at a time.

    Nobody counts what lives: a file is closed, and its space free, when no record refers to it any more. What cannot
    be written stays in memory.
    """

    def __init__(
        self,
        open_file: Callable[[], ScratchFile],
        failed: Callable[[OSError], None],
        in_memory: int = ROWS_IN_MEMORY,
        slack: int = SLACK,
    ) -> None:
        self._open_file = open_file
        self._failed = failed
        self._in_memory = in_memory
        self._slack = slack
        self._file: ScratchFile | None = None
        self._moving: Iterator[Taken] = iter(())
        self._pause = 0

    @property
    def size(self) -> int:
        """Bytes on disk, without those of files that are being left."""
        return self._file.size if self._file is not None else 0

    def rest(self, taken: Taken, rows: int) -> None:
        """The record will not be looked at for a while; `rows` wait in all."""
        taken.decoded = taken.mapped = None
        if taken.file is not None:
            taken.held = None
        elif rows > self._in_memory or taken.size > LARGE_BYTES:
            self._write(taken, taken.value)

    def tidy(self, rows: int, living: Callable[[], Iterable[Taken]], moves: int = MOVES) -> None:
        """Called now and then: leave the file when most of it is dead. `living` gives the records of all rows."""
        if self._file is not None and self._file.records > 2 * rows + self._slack:
            self._leave_file(living())
        for taken in islice(self._moving, moves):
            if taken.file is not None and taken.file is not self._file:
                self._write(taken, taken.file.read(taken.place))

    def _leave_file(self, living: Iterable[Taken]) -> None:
        self._file = None
        self._moving = iter(list(living))

    def _write(self, taken: Taken, value: bytes) -> None:
        if self._pause:
            self._pause -= 1
            return
        try:
            if self._file is None:
                self._file = self._open_file()
            taken.place = self._file.append(value)
        except OSError as error:
            self._pause = PAUSE
            self._failed(error)
        else:
            taken.file, taken.held = self._file, None
