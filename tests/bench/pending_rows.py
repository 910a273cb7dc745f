"""What many pending rows cost: taken in while a connector is paused, rebuilt by the next worker, drained afterwards.

Run from the root of the repository: `python -m tests.bench.pending_rows [rows]`.
"""

import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import msgspec

from deploy.local.ports import free_port
from tests.bench.measuring import PARTITIONS, Place
from tests.bench.processes import Contestant
from tests.bench.scenarios import Ground
from tests.bench.workload import WebhookConfig, produce, publish, webhooks
from tests.support.kafka import embedded_kafka

ROWS = 1_000_000
AT_MOST_SECONDS = 1_800.0


def main(rows: int) -> None:
    """Print one line per step."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        with embedded_kafka(place / "kafka") as broker, Ground(broker.bootstrap_servers, place, rows).place() as ground:
            _run(ground, rows)


def _run(place: Place, rows: int) -> None:
    workload = webhooks(place.sink.port, WebhookConfig())
    connector, *others = workload.records
    paused = msgspec.structs.replace(connector, paused=True)
    publish(place.kafka, (paused, *others))
    produce(place.kafka, workload, rows)
    port = free_port()
    start = place.worker(PATCHBAY_PROBES__PORT=str(port))
    with start() as worker:
        took, cpu = _until_pending(worker, port, rows)
        _tell("taken in", rows, took, cpu, worker)
    began = time.monotonic()
    with start() as worker:
        _, cpu = _until_pending(worker, port, rows)
        _tell("rebuilt, from the start of the process", rows, time.monotonic() - began, cpu, worker)
        before, began = worker.cpu_seconds(), time.monotonic()
        resumed = msgspec.structs.replace(connector, revision=connector.revision + 1, version=connector.version + 1)
        publish(place.kafka, (resumed,))
        _until_pending(worker, port, 0)
        _tell("drained", rows, time.monotonic() - began, worker.cpu_seconds() - before, worker)
        assert place.sink.seen().count() == rows


def _until_pending(worker: Contestant, port: int, rows: int) -> tuple[float, float]:
    """When the worker holds this many rows: seconds since the call, and all of its CPU."""
    began = time.monotonic()
    while _pending(port) != rows:
        worker.require_alive()
        if time.monotonic() - began > AT_MOST_SECONDS:
            raise TimeoutError(f"{_pending(port)} pending rows instead of {rows}")
        time.sleep(0.2)
    return time.monotonic() - began, worker.cpu_seconds()


def _pending(port: int) -> int | None:
    """`None` while a partition is still being taken over: only its owner tells how far behind it is."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
    except OSError:
        return None
    if text.count("\npatchbay_lag_records{") < PARTITIONS:
        return None
    return next(
        (int(float(line.split()[1])) for line in text.splitlines() if line.startswith("patchbay_pending_rows")), None
    )


def _tell(what: str, rows: int, seconds: float, cpu: float, worker: Contestant) -> None:
    each = f"{rows / seconds:,.0f} rows/s, {cpu / rows * 1e6:.0f} µs CPU each"
    print(f"{what:42} {seconds:7.1f} s  {each:36} {worker.resident_mb():6.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
