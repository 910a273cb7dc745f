"""A file without a name for what need not stay in memory: it is gone with whoever holds it, also after a SIGKILL."""

import errno
import os
import tempfile
import weakref
import zlib
from collections.abc import Callable

_LENGTH_BITS = 24
_CHECK_BYTES = 4


class ScratchUnreadable(Exception):
    """What was written did not come back: only what Kafka holds can be trusted."""


class ScratchFile:
    """Append-only. `unreadable` is called before `ScratchUnreadable` is raised. It blocks, by the page cache."""

    def __init__(self, folder: str | None, unreadable: Callable[[str], None]) -> None:
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  # closed with this object
        weakref.finalize(self, file.close)
        self._descriptor = file.fileno()
        self._unreadable = unreadable
        self.size = 0
        self.records = 0

    def append(self, value: bytes) -> int:
        """Where it is from now on, as one small number. Raises `OSError` when it cannot be written."""
        record = zlib.crc32(value).to_bytes(_CHECK_BYTES, "big") + value
        if len(value) >> _LENGTH_BITS:
            raise OSError(errno.EFBIG, f"{len(value)} bytes are too many for one record")
        if os.pwrite(self._descriptor, record, self.size) != len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        place = self.size << _LENGTH_BITS | len(value)
        self.size += len(record)
        self.records += 1
        return place

    def read(self, place: int) -> bytes:
        """What was put there. Raises `ScratchUnreadable`."""
        start, length = place >> _LENGTH_BITS, length_at(place)
        try:
            record = os.pread(self._descriptor, _CHECK_BYTES + length, start)
        except OSError as error:
            raise self._failure(str(error)) from error
        check, value = record[:_CHECK_BYTES], record[_CHECK_BYTES:]
        if len(value) != length or zlib.crc32(value) != int.from_bytes(check, "big"):
            raise self._failure(f"the {length} bytes at {start} are not what was written")
        return value

    def _failure(self, detail: str) -> ScratchUnreadable:
        self._unreadable(detail)
        return ScratchUnreadable(detail)


def length_at(place: int) -> int:
    """How many bytes there are at a place."""
    return place & ((1 << _LENGTH_BITS) - 1)
