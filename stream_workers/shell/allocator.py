"""The memory of the C library (glibc; others are left alone): few arenas, and what is free goes back to the system."""

import ctypes

ARENAS = 2
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def use_few_arenas() -> None:
    """Called once, before there are threads.

    Each of librdkafka's threads would have an arena of its own, up to eight per core. They come and go with every
    takeover, and what one leaves behind is of no use to the next: a worker among others that came and went grew by
    16 MB a minute.
    """
    glibc = _glibc()
    if glibc is not None:
        glibc.mallopt(_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Called when much has just become free; takes some milliseconds, in which other threads may wait for memory."""
    glibc = _glibc()
    if glibc is not None:
        glibc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
