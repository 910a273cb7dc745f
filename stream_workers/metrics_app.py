"""The composition root of `patchbay metrics`: a Faust app of its own, so that a lost database disturbs no delivery."""

import asyncio
from importlib.metadata import version

import faust
from prometheus_client import CollectorRegistry

from connectors.kit.registry import Registry
from connectors.records import topics
from stream_workers.agents import outcomes
from stream_workers.agents.outcomes import OutcomeDeps
from stream_workers.app import CRASH_POLL_SECONDS, STATE_SECONDS, build_faust_app, has_lost_a_part
from stream_workers.settings import LEASE_SECONDS, WorkerSettings
from stream_workers.shell.metrics_store import MetricsStore, open_metrics_engine
from stream_workers.shell.metrics_telemetry import MetricsTelemetry
from stream_workers.shell.probe_server import ProbeServer
from stream_workers.transport import chunks
from stream_workers.transport.lease import Lease

METRICS_GROUP = "metrics"
LARGE_CHUNK = 5_000
FETCH_BYTES, FETCH_WAIT_MS = 64 * 1024, 300
"""A transaction costs about as much for 5,000 outcomes as for 50: wait a moment for many."""


class MetricsProgram:
    """Everything that the metrics agent runs."""

    def __init__(self, settings: WorkerSettings, registry: Registry) -> None:
        self._settings = settings
        self.telemetry = MetricsTelemetry(CollectorRegistry(), version("patchbay"))
        self._lease = Lease(LEASE_SECONDS)
        self.app = build_faust_app(settings, METRICS_GROUP, self._lease)
        self.app.conf.broker_max_poll_records = LARGE_CHUNK
        self._topics = frozenset({settings.topic(topics.OUTCOMES), settings.topic(topics.ATTEMPTS)})
        self.app.chunking.topics = self._topics
        self.app.chunking.fetch_min_bytes = FETCH_BYTES
        self.app.chunking.fetch_max_wait_ms = FETCH_WAIT_MS
        self._store = MetricsStore(open_metrics_engine(settings.database.url))
        codes = frozenset(code for type_ in registry for code in type_.codes)
        self._folder = outcomes.register(
            self.app,
            OutcomeDeps(
                store=self._store,
                telemetry=self.telemetry,
                is_mine=self._is_mine,
                rewind=self._rewind,
                topic_prefix=settings.kafka.topic_prefix,
                documented_codes=codes,
            ),
        )
        self.app.on_partitions_assigned.connect(self._rebalanced, weak=False)
        self.app.on_partitions_revoked.connect(self._rebalanced, weak=False)
        self._probes = ProbeServer(self.telemetry.registry, self._checks, version("patchbay"))
        self._hints: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, and join the group."""
        await self._probes.start(self._settings.probes.host, self._settings.probes.port)
        self._hints = asyncio.get_running_loop().create_task(self._hint())
        await self.app.start()

    async def crashed(self) -> None:
        """Return when Faust or a part that should last has broken."""
        while not has_lost_a_part(self._lasting(), self.telemetry.part_ended):
            await asyncio.sleep(CRASH_POLL_SECONDS)

    def _lasting(self) -> dict[str, bool]:
        return {
            "streams": self.app.crashed,
            "membership of the group": self._lease.has_ended,
            "hints": self._hints is not None and self._hints.done(),
        }

    async def stop(self) -> None:
        """Leave the group, and give the database back."""
        if self._hints is not None:
            self._hints.cancel()
        await self.app.stop()
        await self._store.close()
        await self._probes.stop()

    def _is_mine(self, topic: str, partition: int) -> bool:
        return faust.types.TP(topic, partition) in self.app.consumer.assignment()

    async def _rewind(self, topic: str, partition: int, offset: int) -> None:
        await chunks.seek(self.app, faust.types.TP(topic, partition), offset)

    async def _rebalanced(self, *_: object, **__: object) -> None:
        self._folder.forget()

    async def _hint(self) -> None:
        while True:
            await asyncio.sleep(STATE_SECONDS)
            positions = self._folder.positions()
            try:
                if positions and not self.app.rebalancing:
                    await chunks.commit_hint(
                        self.app, {faust.types.TP(*place): at for place, at in positions.items() if at}
                    )
            except Exception as error:  # noqa: BLE001  # the edge: a hint is not worth an agent
                self.telemetry.hint_failed(error)

    def _checks(self) -> dict[str, bool]:
        return {"group": self._lease.is_held()}
