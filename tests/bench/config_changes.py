"""How soon a published connector is applied: from Kafka's acknowledgement to the worker's own word."""

import time
from typing import Any

import msgspec
from confluent_kafka import Consumer, TopicPartition

from connectors.records import topics
from connectors.records.codec import decode
from connectors.records.delivery import WorkerStatus
from tests.bench.measuring import Place
from tests.bench.workload import Workload, publish

CHANGES = 60
KEY = "connector:con_7"
START_SECONDS = 60.0
APPLY_SECONDS = 20.0


def measure(place: Place, workload: Workload) -> list[float]:
    """Milliseconds of each of some changes, one after the other."""
    publish(place.kafka, workload.records)
    record: Any = next(one for one in workload.records if one.id == KEY.partition(":")[2])
    reader = Consumer({**place.kafka.librdkafka(), "group.id": "bench-unused", "fetch.wait.max.ms": 5})
    reader.assign([TopicPartition(place.kafka.topic_prefix + topics.WORKER_STATUS.name, 0, 0)])
    took = []
    with place.worker()():
        _until_applied(reader, record.revision, START_SECONDS)
        for revision in range(2, CHANGES + 2):
            # At any moment of the worker's own second, as admins do it.
            time.sleep(0.05 + revision % 7 / 50)
            changed = msgspec.structs.replace(record, revision=revision, version=revision)
            publish(place.kafka, (changed,))
            began = time.perf_counter()
            _until_applied(reader, revision, APPLY_SECONDS)
            took.append((time.perf_counter() - began) * 1000)
    reader.close()
    return took


def _until_applied(reader: Consumer, revision: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        message = reader.poll(0.1)
        if message is None or message.error() or message.value() is None:
            continue
        if decode(WorkerStatus, message.value()).applied.get(KEY, 0) >= revision:
            return
    raise RuntimeError(f"revision {revision} was not applied within {seconds:.0f} s")
