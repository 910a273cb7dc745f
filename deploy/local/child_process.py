"""Child processes that write to a log file and cannot outlive the process that started them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def spawn(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    keeps_open: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Starts `command` with its output appended to `log`; Ctrl-C in the terminal reaches the parent only.

    `keeps_open` are file descriptors that the child holds as long as it lives, such as a lock.
    On Linux the kernel kills the child when the thread that called this ends, so call it from the main thread.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            pass_fds=keeps_open,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509  # one system call, no Python locks
        )


def stop(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Asks the process to end, and ends it after `seconds`; True when it ended by itself."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for messages about a process that died."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_the_kernel
