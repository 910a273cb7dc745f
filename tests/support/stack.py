"""A `patchbay up` in a process of its own, and the processes below it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.support.waiting import eventually


class RunningUp:
    """A `patchbay up` in a process of its own, with what it has printed so far."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.lines = []
        command = [sys.executable, "-m", "deploy.cli", "up", "--data-dir", str(folder), *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder.parent, env=environment()
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def text(self):
        return "\n".join(self.lines)

    def says(self, pattern, within_seconds=60.0):
        eventually(lambda: re.search(pattern, self.text) or self.process.poll() is not None, within_seconds)
        found = re.search(pattern, self.text)
        assert found, self.text
        return found

    def is_ready(self):
        self.says("Ctrl-C stops everything")
        return json.loads((self.folder / "addresses.json").read_text())

    def children(self):
        """Process id and command line of every part."""
        return children_of(self.process.pid)

    def child(self, name):
        """The process id of the part whose command line holds `name`; `None` when it does not run."""
        return next((pid for pid, command in self.children().items() if name in command), None)

    def end(self, signal_=signal.SIGTERM):
        self.process.send_signal(signal_)
        code = self.process.wait(60)
        self._reader.join(10)
        return code


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATCHBAY_")}
    return {**kept, "PYTHONPATH": ":".join(path for path in sys.path if path), "PATCHBAY_LOG_LEVEL": "warning"}


def children_of(pid):
    """Process id and command line of every child."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found[int(stat.parent.name)] = command
    return found


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
