"""Whether one worker's memory stays flat over millions of events: `python -m tests.bench.endurance [events]`.

Events are produced as they are delivered, and the broker forgets them soon, so that little of the disk is used.
"""

import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import OUTCOMES, PROFILE_EVENTS
from deploy.local.kafka import EmbeddedKafka
from stream_workers.core.horizon import HORIZON_RECORDS
from tests.bench.measuring import PARTITIONS, Place, until_seen
from tests.bench.processes import Contestant
from tests.bench.scenarios import Ground
from tests.bench.workload import EventStream, WebhookConfig, publish, webhooks

EVENTS = 5_000_000
PROFILES = 200_000
STEP = 20_000
AHEAD = 2
"""So many steps may wait on Kafka, so that the worker never does."""
SAMPLES = 50
KEPT = {"segment.bytes": "16777216", "retention.bytes": "33554432"}
FLAT_MB_PER_MILLION = 5.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the worker held when so many events had been delivered."""

    events: int
    seconds: float
    resident_mb: float
    cpu_seconds: float


class ForgetfulKafka(EmbeddedKafka):
    """Looks every ten seconds for what it need not keep, instead of every five minutes."""

    def _properties(self) -> dict[str, str | int]:
        return {
            **super()._properties(),
            "log.retention.check.interval.ms": 10_000,
            "log.segment.delete.delay.ms": 1_000,
        }


def main(events: int) -> None:
    """A line per sample, what memory grew by in the second half, and a file with all of it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        broker = ForgetfulKafka(Path(folder) / "kafka")
        broker.start()
        try:
            with Ground(broker.bootstrap_servers, Path(folder), events).place() as place:
                samples = _run(place, events)
        finally:
            broker.kill()
    grown = growth(samples)
    print(f"{events:,} events: {grown:+.1f} MB per million in the second half, {verdict(events, grown)}")
    path = Path("bench-results") / f"{time.strftime('%Y%m%d-%H%M%S')}-endurance.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"growth_mb_per_million": grown, "samples": [asdict(one) for one in samples]}, indent=1))
    print(path)


def verdict(events: int, grown: float) -> str:
    """Until the recent past is full, which the worker remembers to recognise duplicates, memory has to grow."""
    if events / 2 < HORIZON_RECORDS * PARTITIONS:
        return f"which tells nothing yet: the recent past is full after {HORIZON_RECORDS * PARTITIONS:,} events"
    return "flat" if grown <= FLAT_MB_PER_MILLION else "NOT flat"


def growth(samples: list[Sample]) -> float:
    """The slope of a line through the second half, in MB per million events: one odd sample hardly tilts it."""
    half = [one for one in samples if one.events >= samples[-1].events / 2]
    mean_events = sum(one.events for one in half) / len(half)
    mean_mb = sum(one.resident_mb for one in half) / len(half)
    spread = sum((one.events - mean_events) ** 2 for one in half)
    return (
        1e6 * sum((one.events - mean_events) * (one.resident_mb - mean_mb) for one in half) / spread if spread else 0.0
    )


def _run(place: Place, events: int) -> list[Sample]:
    _forget_soon(place.kafka)
    workload = webhooks(place.sink.port, WebhookConfig(), profiles=PROFILES)
    publish(place.kafka, workload.records)
    stream, samples = EventStream(place.kafka, workload), []
    with place.worker()() as worker:
        began, sample_every = time.monotonic(), max(STEP, events // SAMPLES)
        for end in range(STEP, events + STEP, STEP):
            stream.produce_until(min(end, events))
            until_seen(place.sink, worker, min(end, events) - AHEAD * STEP)
            if end % sample_every < STEP:
                samples.append(_sample(worker, max(0, end - AHEAD * STEP), began))
    return samples


def _sample(worker: Contestant, events: int, began: float) -> Sample:
    sample = Sample(events, time.monotonic() - began, worker.resident_mb(), worker.cpu_seconds())
    per_event = f"{sample.cpu_seconds / events * 1e6:6.0f} µs CPU each" if events else ""
    print(f"{events:>12,} events {sample.seconds:8.0f} s {sample.resident_mb:7.0f} MB {per_event}", flush=True)
    return sample


def _forget_soon(kafka: KafkaSettings) -> None:
    """Of what is read once, little is kept."""
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in KEPT.items()]
    resources = [
        ConfigResource(ResourceType.TOPIC, kafka.topic_prefix + topic.name, incremental_configs=entries)
        for topic in (PROFILE_EVENTS, OUTCOMES)
    ]
    admin = AdminClient(kafka.librdkafka())
    for changed in admin.incremental_alter_configs(resources).values():
        changed.result(30)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
