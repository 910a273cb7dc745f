"""One installation under test: topics of its own, a simulated partner, workers, a numbered stream, and the ledger."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.config import (
    ActionConfig,
    Activation,
    AudienceConfig,
    ConfigRecord,
    ConnectorConfig,
    config_key,
)
from connectors.records.profile_event import Change, MembershipEvent, Source, SourceKind
from connectors.records.topics import CONNECTOR_CONFIG, PROFILE_EVENTS
from deploy.local.child_process import spawn
from deploy.sending import OPTIONS
from tests.support.kafka import topics_of_ones_own, unique_prefix
from tests.support.oracle import Arrival, Ledger, arrivals
from tests.support.simulator import SimulatedPartner
from tests.support.waiting import eventually
from tests.support.workers import WorkerProcess, Workers, running_workers

QUICK_RETRIES = {"PATCHBAY_WORKER__RETRY_FIRST_SECONDS": "0.5", "PATCHBAY_WORKER__RETRY_MAX_SECONDS": "4"}
FLUSH_SECONDS = 60.0
PARTITIONS = 4
MOST_CHANGES = "8000000"
"""An hour of the soak brings half of that."""


@dataclass(repr=False)
class Stream:
    """Numbered changes of profiles, sent in order; remembers what was sent and what is newest."""

    settings: KafkaSettings
    audience: str = "vip"
    prefix: str = "e"
    sent: list[str] = field(default_factory=list)
    order: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _last: dict[str, Change] = field(default_factory=dict)
    _number: int = 0
    _began: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))

    def __post_init__(self) -> None:
        self._topic = self.settings.topic_prefix + PROFILE_EVENTS.name
        self._producer = Producer({**self.settings.librdkafka(), **OPTIONS, "message.timeout.ms": 120_000})

    def event(self, profile: str, change: Change | None = None, **fields: Any) -> MembershipEvent:
        """The next change of a profile: joined and left in turn, each a millisecond after the one before."""
        self._number += 1
        if change is None:
            change = Change.LEFT if self._last.get(profile) is Change.JOINED else Change.JOINED
        self._last[profile] = change
        event_id = f"{self.prefix}-{self._number}"
        self.order[event_id] = self._number
        self.newest[profile] = event_id
        return MembershipEvent(
            v=SCHEMA_VERSION,
            workspace="default",
            profile_id=profile,
            occurred_at=self._began + timedelta(milliseconds=self._number),
            source=Source(SourceKind.AUDIENCE, self.audience),
            change=change,
            event_id=event_id,
            identifiers={"email": f"{profile}@example.org"},
            **fields,
        )

    def send(self, event: MembershipEvent) -> None:
        """Hand an event to Kafka."""
        self.put(event.profile_id.encode(), encode(event), event.event_id or "")

    def put(self, key: bytes | None, value: bytes | None, name: str = "") -> None:
        """Hand any record to Kafka."""

        def acknowledged(error: object, _message: object) -> None:
            (self.sent if error is None else self.refused).append(name)

        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=acknowledged)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def changes(self, count: int, profiles: int) -> None:
        """Send this many changes, one profile after the other, and wait until Kafka has them."""
        for number in range(count):
            self.send(self.event(f"p-{number % profiles}"))
        self.flush()

    def flush(self) -> None:
        """Wait until Kafka has everything."""
        left = self._producer.flush(FLUSH_SECONDS)
        assert not left, f"Kafka did not take {left} events"
        assert not self.refused, f"Kafka refused {len(self.refused)} events"

    @contextmanager
    def flowing(self, per_second: float, profiles: int, at_most: int = 10_000_000) -> Iterator[None]:
        """Send at a steady rate, in a thread, until the block ends or `at_most` have been sent."""
        stop = threading.Event()

        def flow() -> None:
            began, number = time.monotonic(), 0
            while not stop.is_set():
                while number < min(at_most, int((time.monotonic() - began) * per_second)):
                    self.send(self.event(f"p-{number % profiles}"))
                    number += 1
                self._producer.poll(0)
                stop.wait(0.01)

        thread = threading.Thread(target=flow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self.flush()


@dataclass(repr=False)
class Scene:
    """Everything that a fault test touches."""

    settings: KafkaSettings
    partner: SimulatedPartner
    workers: Workers
    stream: Stream
    ledger: Ledger
    folder: Path
    _revisions: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._producer = Producer({**self.settings.librdkafka(), "enable.idempotence": True, "log_level": 0})

    def publish(self, *records: ConfigRecord) -> None:
        """Put config records on the topic, each with the next revision of its key; returns when Kafka has them."""
        for record in records:
            kind = {ConnectorConfig: "connector", AudienceConfig: "audience"}[type(record)]
            self._producer.produce(
                self.settings.topic_prefix + CONNECTOR_CONFIG.name, encode(record), config_key(kind, record.id)
            )
        assert self._producer.flush(30) == 0

    def publish_webhooks(self, count: int = 1, **changes: Any) -> None:
        """`count` webhook connectors `con_0`…, each with one action tied to the audience `vip`, at paths `/p0`…"""
        connectors = [self.webhook(number, **changes) for number in range(count)]
        self.publish(*connectors, self.audience(*(f"{number}" for number in range(count))))

    def webhook(self, number: int = 0, **changes: Any) -> ConnectorConfig:
        """A connector whose requests go to the simulator's path `/p<number>`."""
        key = f"connector:con_{number}".encode()
        self._revisions[key] = self._revisions.get(key, 0) + 1
        activation = changes.get("activation", 1)
        action = ActionConfig(
            id=f"act_{number}", type="send_event", name="Send", active=True, activation=activation,
            mapping=changes.pop("mapping", {}), consent=changes.pop("consent", ()),
        )  # fmt: skip
        fields: dict[str, Any] = {"active": True, "activation": 1, "settings": {"url": f"{self.partner.url}/p{number}"}}
        return ConnectorConfig(
            v=SCHEMA_VERSION, workspace="default", id=f"con_{number}", type="webhook", name=f"Webhook {number}",
            version=1, revision=self._revisions[key], actions=(action,), **{**fields, **changes},
        )  # fmt: skip

    def audience(self, *numbers: str, audience_id: str = "vip") -> AudienceConfig:
        """The audience with the actions of these connectors, on joins and leaves."""
        key = f"audience:{audience_id}".encode()
        self._revisions[key] = self._revisions.get(key, 0) + 1
        ties = tuple(
            Activation(connector_id=f"con_{number}", action_id=f"act_{number}", on=(Change.JOINED, Change.LEFT))
            for number in numbers
        )
        return AudienceConfig(
            v=SCHEMA_VERSION, workspace="default", id=audience_id, name=audience_id, version=1,
            revision=self._revisions[key], activations=ties,
        )  # fmt: skip

    def want_all(self, *actions: str) -> None:
        """Every event that was sent must end, through each of these actions."""
        self.ledger.want(self.stream.sent, *(actions or ("act_0",)))

    def until_complete(self, within_seconds: float) -> float:
        """Returns when every wanted delivery has ended; the seconds it took."""
        began = time.monotonic()
        eventually(lambda: self.ledger.is_complete() or self._tell(began, within_seconds), within_seconds)
        return time.monotonic() - began

    def _tell(self, began: float, within_seconds: float) -> bool:
        """Just before the deadline: what is missing, so that a failure can be understood."""
        if time.monotonic() - began > within_seconds - 0.5:
            missing = sorted(self.ledger.missing())
            raise AssertionError(f"{len(missing)} deliveries have no end, such as {missing[:5]}; logs: {self.folder}")
        return False

    def until(self, holds: Callable[[], object], within_seconds: float = 60.0) -> None:
        """Returns when it holds."""
        eventually(holds, within_seconds)

    def until_received(self, count: int, within_seconds: float = 60.0) -> None:
        """Returns when the partner has had so many requests."""
        self.until(lambda: self.received() >= count, within_seconds)

    def until_sent(self, count: int, within_seconds: float = 60.0) -> None:
        """Returns when Kafka has so many events of the stream."""
        self.until(lambda: len(self.stream.sent) >= count, within_seconds)

    def until_owned(self, partitions: int, *workers: WorkerProcess) -> None:
        """Returns when each of these workers owns so many partitions."""
        self.until(lambda: all(one.metric("patchbay_partitions") == partitions for one in workers), 90)

    def arrivals(self, path: str = "") -> list[Arrival]:
        """What the partner received."""
        return arrivals(self.partner.profiles(path))

    def received(self) -> int:
        """How many requests the partner has had."""
        return self.partner.count()


class Place:
    """Where fault tests run: a broker that they may share, and a folder for logs."""

    def __init__(self, bootstrap_servers: str, folder: Path) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.folder = folder

    @contextmanager
    def scene(self, partitions: int = PARTITIONS, **environment: str) -> Iterator[Scene]:
        """A scene on the shared broker."""
        with scene_on(self.bootstrap_servers, self.folder, partitions, **environment) as scene:
            yield scene


@contextmanager
def scene_on(bootstrap_servers: str, folder: Path, partitions: int = PARTITIONS, **environment: str) -> Iterator[Scene]:
    """A scene on any broker; ends every process that it has started."""
    with ExitStack() as stack:
        prefix = unique_prefix()
        settings = stack.enter_context(topics_of_ones_own(bootstrap_servers, prefix, partitions))
        logs = folder / prefix.rstrip("-")
        partner = stack.enter_context(_simulator(logs / "partner.log"))
        workers = stack.enter_context(running_workers(settings, logs, **{**QUICK_RETRIES, **environment}))
        ledger = Ledger(settings)
        stack.callback(ledger.close)
        yield Scene(settings, partner, workers, Stream(settings), ledger, logs)


@contextmanager
def _simulator(log: Path) -> Iterator[SimulatedPartner]:
    process = spawn(
        [sys.executable, "-u", "-m", "deploy.local.simulator", "--port", "0", "--changes", MOST_CHANGES], log
    )
    try:
        eventually(lambda: log.read_text().endswith("\n") or process.poll() is not None, 30)
        yield SimulatedPartner(log.read_text().split()[3].rstrip(","))
    finally:
        process.kill()
        process.wait()


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share of the values lies; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
