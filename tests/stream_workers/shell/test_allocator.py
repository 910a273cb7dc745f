"""What the C library keeps of what is free again."""

import ctypes
import subprocess
import sys

import pytest

from stream_workers.shell import allocator

HOLES = """
import ctypes
from pathlib import Path
from stream_workers.shell.allocator import give_back
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
kept = [library.malloc(20_000) for _ in range(10_000)]
for one in kept:
    ctypes.memset(one, 1, 20_000)
for one in kept[::2]:
    library.free(one)
resident_pages = lambda: Path("/proc/self/statm").read_text().split()[1]
before = resident_pages()
give_back()
print(before, resident_pages())
"""
needs_glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")


@needs_glibc
def test_what_is_free_between_what_is_not_goes_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    before, after = (int(pages) for pages in done.stdout.split())
    assert after < before / 1.5


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    allocator.give_back()
