"""Records of `outcomes` and `attempts` as a consumer hands them over, and a telemetry that remembers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from connectors.records import codec
from connectors.records.delivery import Attempt, Outcome, OutcomeClass, SourcePosition
from stream_workers.shell.metrics_telemetry import MetricsTelemetry

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CLASSES = tuple(OutcomeClass)


@dataclass(frozen=True)
class Record:
    """A consumed record."""

    offset: int
    value: bytes | None
    timestamp: int = 0
    key: bytes | None = b"ada"


def outcome_record(offset: int) -> Record:
    """Every class in turn, over three connectors, two actions and some quarter hours."""
    class_ = CLASSES[offset % len(CLASSES)]
    outcome = Outcome(
        v=1,
        workspace="default",
        delivery_id=f"dlv_{offset}",
        profile_id=f"profile-{offset % 50}",
        connector_id=f"con_{offset % 3}",
        action_id=f"act_{offset % 2}",
        config_version=1,
        outcome=class_,
        source=SourcePosition(0, offset),
        at=NOON + timedelta(seconds=7 * offset),
        reason="rejected" if class_ is OutcomeClass.PARTNER_ERROR else None,
        partner_code=str(offset % 5) if class_ is OutcomeClass.PARTNER_ERROR else None,
        attempts=1,
        latency_ms=offset,
    )
    return Record(offset, codec.encode(outcome))


def attempt_record(offset: int) -> Record:
    """Every class in turn; one of four is final."""
    attempt = Attempt(
        v=1,
        workspace="default",
        delivery_id=f"dlv_{offset}",
        profile_id="ada",
        connector_id="con_0",
        action_id="act_0",
        config_version=1,
        attempt=1,
        verdict="retry",
        outcome=CLASSES[offset % len(CLASSES)],
        final=offset % 4 == 0,
        at=NOON,
        source=SourcePosition(0, offset),
    )
    return Record(offset, codec.encode(attempt))


class RememberingTelemetry(MetricsTelemetry):
    """Remembers what happened, as well."""

    def __init__(self) -> None:
        super().__init__(CollectorRegistry(), "test")
        self.counted = self.unavailable = 0
        self.unreadable: list[int] = []
        self.failed: list[Exception] = []
        self.moved: list[tuple[str, int, int, int]] = []

    def records_counted(self, topic: str, partition: int, records: int, next_offset: int) -> None:
        super().records_counted(topic, partition, records, next_offset)
        self.counted += records

    def record_unreadable(self, topic: str, partition: int, offset: int, detail: str) -> None:
        super().record_unreadable(topic, partition, offset, detail)
        self.unreadable.append(offset)

    def chunk_failed(self, topic: str, partition: int, error: Exception) -> None:
        super().chunk_failed(topic, partition, error)
        self.failed.append(error)

    def store_unavailable(self, detail: str) -> None:
        super().store_unavailable(detail)
        self.unavailable += 1

    def reading_moved(self, topic: str, partition: int, position: int, read_from: int) -> None:
        super().reading_moved(topic, partition, position, read_from)
        self.moved.append((topic, partition, position, read_from))
