"""Named happenings of the metrics agent, a process of its own: each a metric, and a log line where one is wanted."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge


class MetricsTelemetry:
    """Metrics in a registry of its own."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        self.registry = registry
        self._log = structlog.get_logger("patchbay.metrics")
        self._records = Counter(
            "patchbay_metrics_records",
            "Records by whether they could be counted.",
            ("topic", "result"),
            registry=registry,
        )
        self._position = Gauge(
            "patchbay_metrics_position_offset", "Next offset to count.", ("topic", "partition"), registry=registry
        )
        self._unavailable = Counter(
            "patchbay_metrics_store_unavailable", "Times that the database did not take or give.", registry=registry
        )
        self._moves = Counter(
            "patchbay_metrics_reading_moved",
            "Times that reading was sent to the stored position.",
            ("topic",),
            registry=registry,
        )
        self._internal = Counter(
            "patchbay_internal_errors", "Errors that should not be.", ("place",), registry=registry
        )
        Gauge("patchbay_build_info", "The running version.", ("version",), registry=registry).labels(version).set(1)

    def records_counted(self, topic: str, partition: int, records: int, next_offset: int) -> None:
        """These are in the metrics table now."""
        self._records.labels(topic, "counted").inc(records)
        self._position.labels(topic, str(partition)).set(next_offset)

    def record_unreadable(self, topic: str, partition: int, offset: int, detail: str) -> None:
        """This one cannot be read and is left out of the counts."""
        self._records.labels(topic, "unreadable").inc()
        self._log.error("metrics.record_unreadable", topic=topic, partition=partition, offset=offset, detail=detail)

    def chunk_failed(self, topic: str, partition: int, error: Exception) -> None:
        """A defect: the chunk is read again after a while, and the partition is not counted until it passes."""
        self._internal.labels("metrics").inc()
        self._log.error("metrics.chunk_failed", topic=topic, partition=partition, exc_info=error)

    def store_unavailable(self, detail: str) -> None:
        """The database is away; the agent waits and tries again."""
        self._unavailable.inc()
        self._log.warning("metrics.store_unavailable", detail=detail)

    def reading_moved(self, topic: str, partition: int, position: int, read_from: int) -> None:
        """The consumer began at `read_from`, but counting ended before `position`: it was asked to go there."""
        self._moves.labels(topic).inc()
        self._log.warning(
            "metrics.reading_moved", topic=topic, partition=partition, position=position, read_from=read_from
        )

    def hint_failed(self, error: Exception) -> None:
        """A defect: the group was not told how far we are; the next second tells it."""
        self._internal.labels("hint").inc()
        self._log.error("metrics.hint_failed", exc_info=error)

    def part_ended(self, name: str) -> None:
        """What should last as long as the agent does has ended by itself: the agent ends, for a new one to begin."""
        self._log.error("metrics.part_ended", part=name)
