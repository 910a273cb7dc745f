"""Free TCP ports on this machine, and who holds one that is taken."""

import os
import random
import socket
from pathlib import Path

from deploy.errors import CannotRun

# Below what the system hands to outgoing connections: a stopped server's port must still be free at its restart.
FIRST, LAST = 20_000, 31_999
MAX_TRIES = 200
_given: set[int] = set()
"""What this process was told is free: whoever asked may not listen on it yet."""


class PortTaken(CannotRun):
    """A port that was asked for is in use; the message says by whom, as far as this user may know."""


def free_port(preferred: int | None = None) -> int:
    """`preferred` when it is free, else any free port; the same one is not given twice."""
    if preferred and is_free(preferred):
        return preferred
    for port in random.sample(range(FIRST, LAST), MAX_TRIES):
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise PortTaken(f"None of {MAX_TRIES} ports tried between {FIRST} and {LAST} is free.")


def require_free(port: int, purpose: str) -> int:
    """`port`, which the user asked for; raises `PortTaken`, naming the process that has it."""
    if is_free(port):
        return port
    holder = holder_of(port) or "a process of another user"
    raise PortTaken(f"Port {port}, wanted for {purpose}, is in use by {holder}. Stop it or choose another port.")


def is_free(port: int) -> bool:
    """True when a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str | None:
    """`name (process id)` of the process that listens on `port`, where the system tells (Linux)."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening_inodes(Path("/proc/net") / table, port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(_target(descriptor) in inodes for descriptor in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return None


def _target(descriptor: Path) -> str | None:
    try:
        return os.readlink(descriptor)
    except OSError:  # closed meanwhile
        return None


def _listening_inodes(table: Path, port: int) -> list[str]:
    listening = "0A"
    if not table.exists():
        return []
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    return [f"socket:[{row[9]}]" for row in rows if row[3] == listening and int(row[1].rpartition(":")[2], 16) == port]
