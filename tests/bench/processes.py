"""A contestant as processes: how they are started, and what the kernel says of their CPU and memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 15.0


class Contestant:
    """One or more equal processes."""

    def __init__(self, processes: "list[subprocess.Popen[bytes]]", log: Path) -> None:
        self._processes = processes
        self._log = log

    def cpu_seconds(self) -> float:
        """CPU of all of them and of their children, kernel time included."""
        return sum(_cpu_seconds(pid) for pid in self._tree())

    def resident_mb(self) -> float:
        """Memory of the largest of them."""
        return max(_status_kb(process.pid, "VmRSS") for process in self._processes) / 1024

    def require_alive(self) -> None:
        """Raises with the end of the log when one has ended."""
        for process in self._processes:
            if process.poll() is not None:
                log = self._log.read_text(errors="replace")[-3_000:]
                raise RuntimeError(f"a contestant ended with {process.returncode}:\n{log}")

    def _tree(self) -> set[int]:
        parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
        tree = {process.pid for process in self._processes}
        while True:
            children = {pid for pid, stat in parents.items() if stat and int(stat[1]) in tree} - tree
            if not children:
                return tree
            tree |= children


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path, count: int = 1) -> Iterator[Contestant]:
    """Start `count` of them and stop them in order afterwards."""
    with log.open("ab") as output:
        processes = [
            subprocess.Popen(
                [sys.executable, *command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            for _ in range(count)
        ]
    try:
        yield Contestant(processes, log)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _cpu_seconds(pid: int) -> float:
    stat = _stat(pid)
    return (int(stat[11]) + int(stat[12])) / _TICKS if stat else 0.0


def _status_kb(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
