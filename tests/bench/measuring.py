"""One measured run: topics of its own, events that wait there, a contestant, and what it cost to deliver them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records import topics
from connectors.records.codec import decode
from connectors.records.delivery import Outcome
from tests.bench.processes import Contestant, running
from tests.bench.sink import Sink
from tests.bench.workload import Workload, produce, publish
from tests.support.kafka import topics_of_ones_own

WARM = 0.1
"""This part of the deliveries is not measured: imports, connections and takeovers are over by then."""
STILL_SECONDS = 0.4
STALL_SECONDS = 75.0
POLL_SECONDS = 0.02
PARTITIONS = 8


class TooFew(Exception):
    """The sink did not get what it should have: (had, wanted)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave. CPU is the contestant's own, per delivery, in microseconds."""

    cpu_us: float
    per_second: float
    resident_mb: float
    deliveries: int
    requests: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    p50_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run happens: the broker, its topics, a sink of its own, and a folder for logs."""

    kafka: KafkaSettings
    sink: Sink
    folder: Path

    def worker(self, count: int = 1, **environment: str) -> "Starter":
        """`patchbay worker`, as it is installed."""
        return self._program("worker", count, **environment)

    def metrics(self, database_url: str) -> "Starter":
        """`patchbay metrics`, which counts into this database."""
        return self._program("metrics", PATCHBAY_DATABASE__URL=database_url)

    def baseline(self, name: str) -> "Starter":
        """One of `tests.bench.baselines`, in a group and with outcomes of its own."""
        settings = {
            "KAFKA": self.kafka.bootstrap_servers,
            "PREFIX": self.kafka.topic_prefix,
            "GROUP": f"{self.kafka.topic_prefix}{name}",
            "PORT": str(self.sink.port),
            "FOLDER": str(self.folder),
        }
        return lambda: running(["-m", "tests.bench.baselines", name], settings, self.folder / f"{name}.log")

    def _program(self, name: str, count: int = 1, **environment: str) -> "Starter":
        settings = {
            "PATCHBAY_KAFKA__BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "PATCHBAY_KAFKA__TOPIC_PREFIX": self.kafka.topic_prefix,
            "PATCHBAY_EGRESS__ALLOW": "127.0.0.1/32",
            "PATCHBAY_LOG_LEVEL": "warning",
            **environment,
        }
        return lambda: running(["-m", "deploy.cli", name], settings, self.folder / f"{name}.log", count)


Starter = Callable[[], AbstractContextManager[Contestant]]


@contextmanager
def a_place(bootstrap_servers: str, sink: Sink, folder: Path) -> Iterator[Place]:
    """Topics of one's own on the broker; they are deleted afterwards."""
    with topics_of_ones_own(bootstrap_servers, f"bench-{uuid4().hex[:8]}-", PARTITIONS) as kafka:
        yield Place(kafka, sink, folder)


def measure(place: Place, workload: Workload, events: int, start: Starter, expect: int | None = None) -> Figures:
    """Events first, then the contestant; ends when the sink has `expect` deliveries and nothing more is committed."""
    publish(place.kafka, workload.records)
    produce(place.kafka, workload, events)
    wanted = expect if expect is not None else events * workload.deliveries_per_event
    with start() as contestant:
        try:
            warm_at, warm, warm_cpu = until_seen(place.sink, contestant, int(wanted * WARM))
            until_seen(place.sink, contestant, wanted)
        except TooFew as few:
            few.add_note(f"outcomes: {outcomes(place.kafka)}")
            raise
        last = place.sink.seen()
        _until_still(place.kafka)
        cpu = contestant.cpu_seconds() - warm_cpu
        resident = contestant.resident_mb()
    return Figures(
        cpu_us=cpu / (wanted - warm) * 1e6,
        per_second=(wanted - warm) / max(last.last_at - warm_at, 1e-6),
        resident_mb=resident,
        deliveries=wanted,
        requests=place.sink.seen().requests,
        outcomes=outcomes(place.kafka),
        p50_ms=last.p50_ms,
        p99_ms=last.p99_ms,
    )


def until_seen(sink: Sink, contestant: Contestant, wanted: int) -> tuple[float, int, float]:
    """When the sink has this many: the time, how many it has, and the contestant's CPU then."""
    before, moved_at = -1, time.monotonic()
    while True:
        seen = sink.seen()
        if seen.count() != before:
            before, moved_at = seen.count(), time.monotonic()
        if seen.count() >= wanted:
            return seen.last_at, seen.count(), contestant.cpu_seconds()
        contestant.require_alive()
        if time.monotonic() - moved_at > STALL_SECONDS:
            raise TooFew(seen.count(), wanted)
        time.sleep(POLL_SECONDS)


def _until_still(kafka: KafkaSettings) -> None:
    """Until nothing has been written to `outcomes` and `pending` for a moment."""
    reader = _reader(kafka)
    names = [kafka.topic_prefix + topic.name for topic in (topics.OUTCOMES, topics.PENDING)]
    places = [TopicPartition(name, number) for name in names for number in range(PARTITIONS)]
    before, since = -1, time.monotonic()
    while time.monotonic() - since < STILL_SECONDS:
        now = sum(reader.get_watermark_offsets(place, timeout=10)[1] for place in places)
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(POLL_SECONDS)
    reader.close()


def outcomes(kafka: KafkaSettings) -> dict[str, int]:
    """The committed outcomes by class."""
    reader = _reader(kafka)
    name = kafka.topic_prefix + topics.OUTCOMES.name
    reader.assign([TopicPartition(name, number, 0) for number in range(PARTITIONS)])
    counted: Counter[str] = Counter()
    ended: set[int] = set()
    while len(ended) < PARTITIONS:
        for message in reader.consume(10_000, 0.2):
            error = message.error()
            if error is None:
                outcome = decode(Outcome, message.value())
                counted[outcome.reason or outcome.outcome.value] += 1
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
    reader.close()
    return dict(counted)


def _reader(kafka: KafkaSettings) -> Consumer:
    return Consumer(
        {
            **kafka.librdkafka(),
            "group.id": "bench-unused",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
