"""How soon `patchbay up` is of use in a new folder, jars downloaded: `python -m tests.bench.starting [runs]`."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Producer

from connectors.records.topics import PROFILE_EVENTS
from deploy.local.ports import free_port
from deploy.sending import OPTIONS
from tests.support.builders import event_bytes, membership
from tests.support.simulator import SimulatedPartner
from tests.support.stack import RunningUp

RUNS = 3
AT_MOST_SECONDS = 120.0
LOOK_SECONDS = 0.02
API_GOAL, DELIVERY_GOAL = 8.0, 12.0


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds since the command."""

    api: float
    said_ready: float
    delivery: float


def main(runs: int) -> None:
    """One line per run, and the medians beside their goals."""
    starts = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            starts.append(measure(Path(folder)))
        print(_line(starts[-1]), flush=True)
    api = statistics.median(one.api for one in starts)
    delivery = statistics.median(one.delivery for one in starts)
    print(f"API {api:.1f} s, goal {API_GOAL:.0f} s; first delivery {delivery:.1f} s, goal {DELIVERY_GOAL:.0f} s")


def measure(folder: Path) -> Start:
    """Start it, configure a connector as soon as the API answers, and send one event."""
    port, began = free_port(), time.monotonic()
    up = RunningUp(folder / "stack", "--port", str(port))
    try:
        _until(lambda: _is_ready(port))
        api = time.monotonic() - began
        addresses = up.is_ready()
        said_ready = time.monotonic() - began
        _configure(httpx.Client(base_url=addresses["console"]), up.says(r"pbk_\w+")[0], addresses["simulator"])
        producer = Producer({"bootstrap.servers": addresses["kafka"], **OPTIONS})
        producer.produce(PROFILE_EVENTS.name, event_bytes(membership()), b"p-1")
        producer.flush(10)
        partner = SimulatedPartner(addresses["simulator"])
        _until(lambda: partner.count("/first") == 1)
        return Start(api, said_ready, time.monotonic() - began)
    finally:
        up.end()


def _configure(http: httpx.Client, key: str, simulator: str) -> None:
    """A live webhook, and an audience whose joins it gets."""

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = http.request(method, path, json=body, headers={"Authorization": f"Bearer {key}"})
        answer.raise_for_status()
        return answer.json()

    webhook = {"type": "webhook", "name": "First", "settings": {"url": f"{simulator}/first"}}
    connector = f"/v1/connectors/{call('POST', '/v1/connectors', webhook)['id']}"
    action = call("POST", f"{connector}/actions", {"type": "send_event", "name": "Send"})["id"]
    call("POST", f"{connector}/publish")
    call("PUT", f"{connector}/activate")
    call("PUT", f"/v1/actions/{action}/activate")
    vips = {"name": "VIPs", "source_id": "vip", "activations": [{"action_id": action}]}
    call("POST", f"/v1/audiences/{call('POST', '/v1/audiences', vips)['id']}/publish")


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1).is_success
    except httpx.TransportError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + AT_MOST_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {AT_MOST_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


def _line(start: Start) -> str:
    return f"API {start.api:5.1f} s   said so {start.said_ready:5.1f} s   first delivery {start.delivery:5.1f} s"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
