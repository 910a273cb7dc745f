"""`patchbay up` as a newcomer sees it: one command starts everything, mends what dies, and leaves nothing behind."""

import os
import signal
from urllib.request import Request, urlopen

import pytest

from deploy.local.ports import free_port
from tests.support.stack import RunningUp, is_gone
from tests.support.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.faults]
ALL_PARTS = 6


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
    parts = up.children()

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
        killed = up.child(part)
        os.kill(killed, signal.SIGKILL)
        up.says(f"{name} died; starting it again")
        eventually(lambda part=part, killed=killed: up.child(part) not in (None, killed), 30)
        if url:
            eventually(lambda url=url: answers(url), 60)

    eventually(lambda: len(up.children()) == ALL_PARTS - 1, 60)
    parts = up.children()
    up.process.kill()
    up.process.wait()
    eventually(lambda: all(is_gone(pid) for pid in parts), 10)


def test_settings_that_do_not_hold_stop_everything_at_once_with_the_reason(start, tmp_path):
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "keys").write_text("no key at all")
    up = start()

    up.says(r"ended because of its settings")
    parts = up.children()

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
    assert len(up.children()) == ALL_PARTS - 2
    third = start("--kafka", kafka.bootstrap_servers, "--port", str(port), folder="other")
    assert third.process.wait(30) == 1
    third.says(rf"Port {port}, wanted for the control plane, is in use by .*process \d+")
