"""How many arenas the C library makes for the threads of a program, and what it keeps of what is free again."""

import ctypes
import subprocess
import sys

import pytest

from stream_workers.shell import allocator

THREADS = 8
PROGRAM = f"""
import ctypes, sys, threading
from stream_workers.shell.allocator import use_few_arenas
if sys.argv[1] == "few":
    use_few_arenas()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
all_there = threading.Barrier({THREADS})

def allocate():
    all_there.wait()
    assert library.malloc(1_000)
    all_there.wait()

threads = [threading.Thread(target=allocate) for _ in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""
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


def arenas(*arguments: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr=")


@needs_glibc
def test_threads_share_few_arenas():
    assert arenas("few") <= allocator.ARENAS < arenas("as many as it likes")


@needs_glibc
def test_what_is_free_between_what_is_not_goes_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    before, after = (int(pages) for pages in done.stdout.split())
    assert after < before / 1.5


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    allocator.use_few_arenas()
    allocator.give_back()
