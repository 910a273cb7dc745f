"""Named happenings: each a metric, and a log line where a person would read it. All metric names stand here."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from connectors.records.config import ConnectorConfig
from connectors.records.delivery import Outcome, OutcomeClass
from stream_workers.shell.counts import Counts
from stream_workers.shell.durations import Durations

if TYPE_CHECKING:
    from connectors.kit.classification import Verdict

_ATTEMPT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 5, 10)
_END_TO_END_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400)
DELIVERY_PATH = "python" if __file__.endswith(".py") else "compiled"
"""What a delivery passes through here; this module is part of it."""

SAMPLE_EVERY: Final = 100
"""One accepted delivery of this many leaves a sample for the explorer; failed attempts all do."""


class Telemetry:
    """Metrics in a registry of its own; label values are looked up once and kept."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        self.registry = registry
        self._log = structlog.get_logger("patchbay.worker")
        self._connectors: dict[str, tuple[bool, bool]] = {}
        self._ended = 0
        self._define_deliveries(registry)
        self._define_partitions(registry)
        self._define_connectors(registry)
        self._commits = Counter("patchbay_commits", "Partition transactions by result.", ("result",), registry=registry)
        self._internal = Counter(
            "patchbay_internal_errors", "Errors that should not be.", ("place",), registry=registry
        )
        self._info = Gauge(
            "patchbay_build_info", "The running version.", ("version", "delivery_path"), registry=registry
        )
        self._info.labels(version, DELIVERY_PATH).set(1)

    def _define_deliveries(self, registry: CollectorRegistry) -> None:
        self._deliveries = Counts(
            "patchbay_deliveries",
            "Deliveries by how they ended.",
            ("connector_id", "action_id", "outcome"),
            registry,
        )
        self._attempts = Counts(
            "patchbay_delivery_attempts", "Exchanges with partners by verdict.", ("connector_id", "verdict"), registry
        )
        self._retries = Counter(
            "patchbay_delivery_retries",
            "Deliveries put off to a later attempt.",
            ("connector_id", "verdict"),
            registry=registry,
        )
        self._attempt_seconds = Durations(
            "patchbay_delivery_attempt_duration_seconds",
            "How long partners took.",
            "connector_type",
            _ATTEMPT_BUCKETS,
            registry,
        )
        self._end_to_end_seconds = Durations(
            "patchbay_delivery_end_to_end_seconds",
            "From the event's append to its outcome.",
            "connector_type",
            _END_TO_END_BUCKETS,
            registry,
        )
        self._dead_letters = Counter("patchbay_dead_letters", "Dead letters by reason.", ("reason",), registry=registry)

    def _define_partitions(self, registry: CollectorRegistry) -> None:
        self._records = Counts("patchbay_records", "Records read from profile-events.", ("result",), registry)
        self._misrouted = Counter(
            "patchbay_misrouted_records_sampled",
            "Records, of one in 64 looked at, that their key does not put into their partition.",
            registry=registry,
        )
        self._in_flight = Gauge("patchbay_in_flight", "Attempts running now.", registry=registry)
        self._pending = Gauge("patchbay_pending_rows", "Deliveries durably waiting.", registry=registry)
        self._parked = Gauge("patchbay_parked_rows", "Ended in error, waiting for a replay.", registry=registry)
        self._scratch = Gauge("patchbay_scratch_bytes", "Records of waiting rows on disk.", registry=registry)
        self._partitions = Gauge("patchbay_partitions", "Partitions owned.", registry=registry)
        self._unfinished = Gauge(
            "patchbay_unfinished_records", "Records taken whose deliveries are open.", ("partition",), registry=registry
        )
        self._position = Gauge("patchbay_position_offset", "Next offset to finish.", ("partition",), registry=registry)
        self._lag = Gauge("patchbay_lag_records", "Records not finished yet.", ("partition",), registry=registry)

    def _define_connectors(self, registry: CollectorRegistry) -> None:
        self._config = Gauge("patchbay_config_position", "Offset of connector-config applied.", registry=registry)
        self._breaker = Gauge(
            "patchbay_breaker_open",
            "1 while a connector's breaker is not closed.",
            ("connector_id",),
            registry=registry,
        )
        self._refused = Gauge(
            "patchbay_credentials_refused",
            "1 while a partner refuses the credentials.",
            ("connector_id",),
            registry=registry,
        )

    # --- the worker ---

    def started(self, worker_id: str, version: str, metrics_url: str) -> None:
        """The configuration is read, and the group is asked for partitions."""
        self._log.info(
            "worker.started", worker_id=worker_id, version=version, delivery_path=DELIVERY_PATH, metrics=metrics_url
        )

    def stopped(self, worker_id: str, seconds: float) -> None:
        """Everything was given back in order."""
        self._log.info("worker.stopped", worker_id=worker_id, seconds=round(seconds, 1))

    # --- records ---

    def record_decoded(self) -> None:
        """A record of a known source was read."""
        self._records.add("decoded")

    def record_refused(self, reason: str) -> None:
        """A record became a dead letter."""
        self._records.add(reason)
        self._dead_letters.labels(reason).inc()

    # --- deliveries ---

    def ended(self, connector: ConnectorConfig, action_id: str, outcome: Outcome) -> None:
        """A delivery has had its outcome."""
        self._deliveries.add(connector.id, action_id, outcome.outcome)
        if outcome.outcome is not OutcomeClass.SKIPPED:
            self._end_to_end_seconds.observe(connector.type, outcome.end_to_end_ms / 1000)

    def attempted(self, connector: ConnectorConfig, verdict: Verdict, seconds: float) -> None:
        """A partner was asked."""
        self._attempts.add(connector.id, verdict)
        self._attempt_seconds.observe(connector.type, seconds)

    def retried(self, connector: ConnectorConfig, verdict: Verdict) -> None:
        """A delivery waits for another attempt."""
        self._retries.labels(connector.id, verdict.value).inc()

    def samples(self) -> bool:
        """True for one accepted delivery of many."""
        self._ended += 1
        return self._ended % SAMPLE_EVERY == 1

    def dead_letter(self, reason: str) -> None:
        """A delivery ended in error."""
        self._dead_letters.labels(reason).inc()

    def record_misrouted(self) -> None:
        """A sampled record is in another partition than murmur2 gives its key: a producer partitions differently."""
        self._misrouted.inc()

    # --- connectors ---

    def breaker_opened(self, connector: ConnectorConfig, reason: str | None) -> None:
        """The partner has failed many times in a row: only probes are sent from now on. Told once, until it closes."""
        self._log.warning(
            "connector.breaker_opened", connector_id=connector.id, connector=connector.name, last_failure=reason
        )

    def breaker_closed(self, connector: ConnectorConfig) -> None:
        """The partner answers again."""
        self._log.info("connector.breaker_closed", connector_id=connector.id, connector=connector.name)

    def credentials_refused(self, connector: ConnectorConfig) -> None:
        """The partner refused the connector's access several times in a row. Told once, until it is accepted."""
        self._log.error("connector.credentials_refused", connector_id=connector.id, connector=connector.name)

    def credentials_accepted(self, connector: ConnectorConfig) -> None:
        """The partner takes the credentials again."""
        self._log.info("connector.credentials_accepted", connector_id=connector.id, connector=connector.name)

    def connector_state(self, connector_id: str, *, closed: bool, refused: bool) -> None:
        """Whether a connector's breaker is closed and its credentials are refused, once a second."""
        state = (closed, refused)
        if self._connectors.get(connector_id) != state:
            self._connectors[connector_id] = state
            self._breaker.labels(connector_id).set(0 if closed else 1)
            self._refused.labels(connector_id).set(1 if refused else 0)

    def connector_gone(self, connector_id: str) -> None:
        """The connector is configured no more: nothing is told of its state."""
        if self._connectors.pop(connector_id, None) is not None:
            self._breaker.remove(connector_id)
            self._refused.remove(connector_id)

    def connector_unusable(self, connector: ConnectorConfig, error: Exception) -> None:
        """A connector could not be made ready; what the error says is not told: it may hold a secret."""
        self._internal.labels("connector").inc()
        self._log.error(
            "connector.unusable", connector_id=connector.id, connector=connector.name, error=type(error).__name__
        )

    def credential_renewed(self, connector: ConnectorConfig) -> None:
        """The partner has replaced the refresh token; the new one is kept."""
        self._log.info("connector.credential_renewed", connector_id=connector.id, connector=connector.name)

    def credential_unreadable(self, connector: ConnectorConfig) -> None:
        """A renewed credential does not open with this worker's keys: the one that the admin gave is used."""
        self._internal.labels("credential").inc()
        self._log.error("connector.credential_unreadable", connector_id=connector.id, connector=connector.name)

    # --- partitions ---

    def waiting_for_kafka(self, detail: str) -> None:
        """The worker cannot start yet."""
        self._log.warning("kafka.waiting", detail=detail)

    def taken_over(self, partition: int, rows: int, seconds: float) -> None:
        """A partition is ours and ready."""
        self._log.info("partition.taken_over", partition=partition, rows=rows, seconds=round(seconds, 3))

    def takeover_failed(self, partition: int, detail: str) -> None:
        """Kafka did not let us take a partition over yet."""
        self._log.warning("partition.takeover_failed", partition=partition, detail=detail)

    def partition_lost(self, partition: int, detail: str) -> None:
        """Another worker has fenced us."""
        self._log.warning("partition.lost", partition=partition, detail=detail)

    def part_ended(self, name: str) -> None:
        """What should last as long as the worker does has ended by itself: the worker ends, for a new one to begin."""
        self._log.error("worker.part_ended", part=name)

    def committed(self, partition: int, outcomes: int, next_offset: int) -> None:
        """A transaction of a partition was committed."""
        self._commits.labels("committed").inc()
        self._position.labels(str(partition)).set(next_offset)
        self._log.debug("partition.committed", partition=partition, outcomes=outcomes, next_offset=next_offset)

    def commit_failed(self, partition: int, detail: str) -> None:
        """A transaction was aborted, or its end is unknown; it is made good in the next one."""
        self._commits.labels("failed").inc()
        self._log.warning("partition.commit_failed", partition=partition, detail=detail)

    def partition_state(self, partition: int, unfinished: int, lag: int | None) -> None:
        """How far behind a partition is, once a second."""
        self._unfinished.labels(str(partition)).set(unfinished)
        if lag is not None:
            self._lag.labels(str(partition)).set(lag)

    def partition_gone(self, partition: int) -> None:
        """The partition is not this worker's any more: its next owner tells of it."""
        for gauge in (self._unfinished, self._position, self._lag):
            with contextlib.suppress(KeyError):
                gauge.remove(str(partition))

    def worker_state(self, in_flight: int, pending: int, parked: int, partitions: int) -> None:
        """What the worker holds, once a second."""
        self._in_flight.set(in_flight)
        self._pending.set(pending)
        self._parked.set(parked)
        self._partitions.set(partitions)

    def scratch_size(self, size: int) -> None:
        """Bytes of waiting rows that are on disk, once a second."""
        self._scratch.set(size)

    def scratch_not_written(self, partition: int, detail: str) -> None:
        """What should wait on disk stays in memory; tried again after a thousand rows."""
        self._log.error("worker.scratch_not_written", partition=partition, detail=detail)

    def scratch_unreadable(self, partition: int, detail: str) -> None:
        """What waited on disk has not come back: the worker ends, and the next owner reads the rows from Kafka."""
        self._log.error("worker.scratch_unreadable", partition=partition, detail=detail)

    def status_refused(self, detail: str) -> None:
        """Kafka does not take what the worker says of itself. Told once, until it is taken."""
        self._log.warning("worker.status_refused", detail=detail)

    def config_applied(self, position: int, records: int) -> None:
        """The view of the configuration has moved."""
        self._config.set(position)
        self._log.debug("config.applied", position=position, records=records)

    def config_unreadable(self, offset: int, detail: str) -> None:
        """A config record could not be read; the key keeps its previous version."""
        self._internal.labels("config").inc()
        self._log.error("config.unreadable", offset=offset, detail=detail)

    def internal_error(self, place: str, error: BaseException) -> None:
        """Something that should not be, at `place`; deliveries of an `attempt` have ended `other_error`."""
        self._internal.labels(place).inc()
        self._log.error("internal_error", place=place, exc_info=error)
