"""The README's tour, word for word: its commands are taken from the page and run against `make up`'s own stack."""

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.records.codec import decode
from connectors.records.delivery import DeadLetter
from connectors.records.topics import DEAD_LETTERS, DEFAULT_PARTITIONS
from tests.support.stack import RunningUp
from tests.support.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.faults]
ROOT = Path(__file__).parents[2]
EVENTS, BROKEN = 100_000, 100
WITHIN_SECONDS = 240


def tour() -> str:
    """The commands of the tour, in order."""
    blocks = re.findall(r"<!-- tour -->\n```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(blocks) == 3
    return "set -e\n" + "\n".join(blocks)


def printed_figures() -> tuple[int, int]:
    """What the README says was sent and removed."""
    row = re.search(r"│ Shop +│ +([\d,]+) │ +([\d,]+) │ +0 │ +0 │", (ROOT / "README.md").read_text())
    assert row is not None
    return tuple(int(figure.replace(",", "")) for figure in row.groups())


@pytest.fixture
def up(tmp_path):
    up = RunningUp(tmp_path / "stack")
    yield up
    if up.process.poll() is None:
        up.end()


def get(url: str, key: str | None = None) -> dict:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urlopen(Request(url, headers=headers), timeout=30) as answer:
        return json.load(answer)


def dead_letters(kafka: str) -> list[DeadLetter]:
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "tour", "enable.partition.eof": True, "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(DEAD_LETTERS.name, number, 0) for number in range(DEFAULT_PARTITIONS)])
    letters, ended = [], set()
    while len(ended) < DEFAULT_PARTITIONS:
        for message in consumer.consume(1_000, 0.5):
            if message.error():
                ended.add(message.partition())
            else:
                letters.append(decode(DeadLetter, message.value()))
    consumer.close()
    return letters


def alternates(changes: list[dict]) -> bool:
    """True when joins and leaves take turns, beginning with a join: each wanted change once, in order."""
    return all(change["change"] == ("left" if index % 2 else "joined") for index, change in enumerate(changes))


def take_the_tour(where: dict[str, str], key: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Its commands in a shell, with the addresses and the key of this stack."""
    script = (
        tour()
        .replace("pbk_…", key)
        .replace("http://127.0.0.1:8080", where["console"])
        .replace("http://127.0.0.1:8090", where["simulator"])
        .replace(".venv/bin/patchbay", str(ROOT / ".venv/bin/patchbay"))
        .replace("patchbay stats", f"patchbay stats --api {where['console']}")
    )
    environment = {
        **os.environ,
        "PATCHBAY_KAFKA__BOOTSTRAP_SERVERS": where["kafka"],
        "PATCHBAY_API": where["console"],
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
    }
    captured = {"capture_output": True, "text": True, "timeout": WITHIN_SECONDS}
    return subprocess.run(["bash", "-c", script], check=False, cwd=folder, env=environment, **captured)


def test_the_tour_works_as_printed(up, tmp_path):
    where = up.is_ready()
    key = up.says(r"pbk_\w+")[0]
    done = take_the_tour(where, key, tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{EVENTS:,} events sent" in done.stdout

    totals = {}

    def counted() -> bool:
        totals.update(get(where["console"] + "/v1/statistics?window=7d", key)["totals"])
        return totals["sent"] + totals["removed"] + totals["errors_total"] + totals["skipped_total"] == EVENTS - BROKEN

    eventually(counted, WITHIN_SECONDS)
    assert (totals["sent"], totals["removed"]) == printed_figures()
    assert get(where["simulator"] + "/_counts")["total"] == EVENTS - BROKEN
    profiles = get(where["simulator"] + "/_profiles?path=/shop")["profiles"]
    assert len(profiles) == 5_000
    assert all(alternates(changes) for changes in profiles.values())
    assert len(dead_letters(where["kafka"])) == BROKEN
