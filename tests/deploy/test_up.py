"""`patchbay up` as a newcomer sees it: one command starts everything, mends what dies, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from deploy.local.ports import free_port
from tests.support.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.faults]
ALL_PARTS = 6


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

    def end(self, signal_=signal.SIGTERM):
        self.process.send_signal(signal_)
        code = self.process.wait(60)
        self._reader.join(10)
        return code


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATCHBAY_")}
    return {**kept, "PYTHONPATH": ":".join(path for path in sys.path if path), "PATCHBAY_LOG_LEVEL": "warning"}


@pytest.fixture
def start(tmp_path):
    running = []

    def start_one(*arguments, folder="stack"):
        running.append(RunningUp(tmp_path / folder, *arguments))
        return running[-1]

    yield start_one
    for up in running:
        if up.process.poll() is None:
            up.end()


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


def child(up, name):
    return next((pid for pid, command in children_of(up.process.pid).items() if name in command), None)


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def ask(url, key=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urlopen(Request(url, headers=headers), timeout=10) as answer:
        return answer.status


def answers(url):
    try:
        return ask(url) == 200
    except OSError:
        return False


def test_one_command_starts_everything_and_ctrl_c_ends_it_without_a_trace(start):
    up = start("--workers", "2")
    addresses = up.is_ready()
    key = up.says(r"pbk_\w+")[0]
    parts = children_of(up.process.pid)

    assert len(parts) == ALL_PARTS, parts
    assert ask(addresses["console"] + "/v1/connectors", key) == 200
    assert ask(addresses["simulator"] + "/_counts") == 200
    probes = [
        addresses[name].replace("metrics", "readyz") for name in addresses if name.startswith(("worker", "outcome"))
    ]
    assert len(probes) == 3
    eventually(lambda: all(answers(probe) for probe in probes), 60)
    second = start()
    assert second.process.wait(30) == 1
    second.says(rf"Another `patchbay up` \(process {up.process.pid}\) uses")

    assert up.end(signal.SIGINT) == 0
    assert all(is_gone(pid) for pid in parts)
    assert "Nothing" not in up.text
    assert "died" not in up.text

    again = start()
    again.is_ready()
    assert "as given at the first start" in again.text
    assert key not in again.text
    assert key not in "".join(log.read_text() for log in (up.folder / "logs").glob("*.log"))


def test_parts_that_are_killed_come_back_and_nothing_outlives_a_killed_parent(start):
    up = start()
    addresses = up.is_ready()

    for name, part, url in (
        ("Kafka", "kafka.Kafka", None),
        ("worker-1", "deploy.cli worker", addresses["worker_1_metrics"]),
        ("control plane", "deploy.cli control-plane", addresses["console"] + "/livez"),
    ):
        killed = child(up, part)
        os.kill(killed, signal.SIGKILL)
        up.says(f"{name} died; starting it again")
        eventually(lambda part=part, killed=killed: child(up, part) not in (None, killed), 30)
        if url:
            eventually(lambda url=url: answers(url), 60)

    eventually(lambda: len(children_of(up.process.pid)) == ALL_PARTS - 1, 60)
    parts = children_of(up.process.pid)
    up.process.kill()
    up.process.wait()
    eventually(lambda: all(is_gone(pid) for pid in parts), 10)


def test_settings_that_do_not_hold_stop_everything_at_once_with_the_reason(start, tmp_path):
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "keys").write_text("no key at all")
    up = start()

    up.says(r"ended because of its settings")
    parts = children_of(up.process.pid)

    assert up.process.wait(60) == 1
    assert "PATCHBAY_SECRETS__KEYS" in up.text
    assert all(is_gone(pid) for pid in parts)


def test_a_kafka_that_does_not_answer_is_named(start):
    up = start("--kafka", "127.0.0.1:1")

    assert up.process.wait(60) == 1
    up.says(r"Kafka at 127\.0\.0\.1:1: ")


def test_a_kafka_and_a_port_of_ones_own_are_used(start, kafka, tmp_path):
    port = free_port()
    up = start("--kafka", kafka.bootstrap_servers, "--port", str(port), "--partitions", "2")
    addresses = up.is_ready()

    assert addresses["kafka"] == kafka.bootstrap_servers
    assert addresses["console"].endswith(f":{port}")
    assert len(children_of(up.process.pid)) == ALL_PARTS - 2
    third = start("--kafka", kafka.bootstrap_servers, "--port", str(port), folder="other")
    assert third.process.wait(30) == 1
    third.says(rf"Port {port}, wanted for the control plane, is in use by .*process \d+")
