"""The composition root: settings in, a program of the worker out. Nothing else builds anything."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from random import Random, SystemRandom  # noqa: TID251  # the one source of chance, passed on from here
from typing import Any

import faust
from prometheus_client import CollectorRegistry

from connectors.kit.address import AddressPolicy
from connectors.kit.errors import InvalidSettings
from connectors.kit.registry import Registry
from connectors.records import topics
from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import ConnectorConfig
from connectors.records.delivery import Command, ConnectorHealth, WorkerStatus
from stream_workers.agents import profile_events
from stream_workers.core.config_view import fold
from stream_workers.core.delivering import RetryPolicy
from stream_workers.core.identity import POSITION_KEY
from stream_workers.core.live_config import LiveConnector, broken_live, live_connector
from stream_workers.engine.attempts import Attempts
from stream_workers.engine.credential_log import CredentialLog, Keeper
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.engine import DeliveryEngine, EnginePolicy, Hands
from stream_workers.engine.intake import Intake
from stream_workers.engine.slots import SlotPolicy
from stream_workers.engine.surroundings import Surroundings
from stream_workers.engine.tokens import Tokens
from stream_workers.http.dialing import partner_tls
from stream_workers.http.sender import HttpSender
from stream_workers.kafka.sender import KafkaSender
from stream_workers.routing import SenderByScheme
from stream_workers.settings import LEASE_SECONDS, WorkerSettings, faust_settings
from stream_workers.shell import garbage
from stream_workers.shell.clock import SystemClock, as_datetime
from stream_workers.shell.command_reader import CommandReader
from stream_workers.shell.config_reader import ConfigChange, ConfigReader
from stream_workers.shell.config_writer import ConfigWriter
from stream_workers.shell.partition_log import KafkaPartitionLog, TopicNames
from stream_workers.shell.probe_server import ProbeServer
from stream_workers.shell.secrets import SecretOpener
from stream_workers.shell.status_board import StatusBoard
from stream_workers.shell.telemetry import Telemetry
from stream_workers.shell.topic_check import wait_for_partition_count
from stream_workers.shell.topic_tail import TopicTail
from stream_workers.transport import chunks
from stream_workers.transport.lease import Lease

CONFIG_FRESH_SECONDS = 2.0
DELIVERY_GROUP = "deliveries"
STATE_SECONDS = 1.0
CRASH_POLL_SECONDS = 0.2


def build_faust_app(settings: WorkerSettings, group: str, lease: Lease) -> Any:
    """A Faust app on the chunked transport."""
    chunks.register()
    app = faust.App(**faust_settings(settings, group))
    app.chunking = chunks.Chunking(lease=lease)
    return app


def has_lost_a_part(lasting: Mapping[str, bool], tell: Callable[[str], None]) -> bool:
    """True when a part that should last has ended; `tell` is called with the name of each that has."""
    ended = [name for name, has_ended in lasting.items() if has_ended]
    for name in ended:
        tell(name)
    return bool(ended)


def _sender(settings: WorkerSettings) -> SenderByScheme:
    policy, ca_file = AddressPolicy(settings.egress.networks()), settings.egress.ca_file
    http = HttpSender(policy, tls=partner_tls(ca_file))
    return SenderByScheme({"https": http, "http": http, "kafka": KafkaSender(policy, ca_file=ca_file)})


class DeliveryProgram:
    """Everything that `patchbay worker` runs, in the order in which it starts."""

    def __init__(self, settings: WorkerSettings, registry: Registry) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._started_at = self._clock.now_ms()
        self.telemetry = Telemetry(CollectorRegistry(), version("patchbay"))
        self.worker_id = settings.worker.id or f"worker-{uuid.uuid4().hex[:8]}"
        self.lease = Lease(LEASE_SECONDS)
        self.app = build_faust_app(settings, DELIVERY_GROUP, self.lease)
        self._executor = ThreadPoolExecutor(32, thread_name_prefix="partition")
        self._opener = SecretOpener(settings.secrets.plain())
        self._registry = registry
        self._sender = _sender(settings)
        self._credentials = self._credential_log()
        self._config = self._tail(topics.CONNECTOR_CONFIG, ConfigReader(self._apply, self.telemetry).take)
        self._board = StatusBoard(
            settings.kafka.librdkafka(),
            settings.topic(topics.WORKER_STATUS),
            self._status,
            self._clock,
            self.telemetry.status_refused,
        )
        self._board_tail = self._tail(topics.WORKER_STATUS, self._board.take)
        self._command_reader = CommandReader(
            settings.kafka.librdkafka(), settings.topic(topics.COMMANDS), self._take_command
        )
        self.engine = self._build_engine()
        self._probes = ProbeServer(self.telemetry.registry, self._checks, version("patchbay"))
        self._state: asyncio.Task[None] | None = None
        self._stopping = False
        profile_events.register(self.app, settings.topic(topics.PROFILE_EVENTS), self.engine)

    async def start(self) -> None:
        """Config to its end first, then the group: no event is taken before the view is whole."""
        await self._probes.start(self._settings.probes.host, self._settings.probes.port)
        await self._sender.open()
        self.engine.intake.partitions = await self._partition_count()
        self._config.start()
        self._board_tail.start()
        await self._config.caught_up.wait()
        self.engine.start()
        garbage.expect_little()
        self._command_reader.start()
        self._board.start()
        self._state = asyncio.get_running_loop().create_task(self._report())
        self.telemetry.started(self.worker_id, version("patchbay"), self._metrics_url)
        await self.app.start()

    async def stop(self) -> None:
        """Release the partitions, leave the group, and give everything back."""
        self._stopping = True
        began = self._clock.monotonic()
        await self.engine.stop()
        await self.app.stop()
        await self._command_reader.stop()
        await self._board.stop()
        if self._state is not None:
            self._state.cancel()
        await self._config.stop()
        await self._board_tail.stop()
        await self._sender.close()
        await self._probes.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)
        self.telemetry.stopped(self.worker_id, self._clock.monotonic() - began)

    async def crashed(self) -> None:
        """Return when Faust, the engine or a part that should last has broken."""
        while not (self.engine.failed or has_lost_a_part(self._lasting(), self.telemetry.part_ended)):
            await asyncio.sleep(CRASH_POLL_SECONDS)

    def _lasting(self) -> dict[str, bool]:
        """What should last as long as the worker, and whether it has ended."""
        return {
            "streams": self.app.crashed,
            "configuration": self._config.has_ended,
            "commands": self._command_reader.has_ended,
            "status": self._board.has_ended,
            "statuses of others": self._board_tail.has_ended,
            "membership of the group": self.lease.has_ended,
            "report": self._state is not None and self._state.done(),
        }

    @property
    def metrics_port(self) -> int:
        """Where `/metrics` answers."""
        return self._probes.port

    @property
    def _metrics_url(self) -> str:
        return f"http://{self._settings.probes.host}:{self._probes.port}/metrics"

    async def _partition_count(self) -> int:
        """Waits until Kafka and the topics are there; raises `InvalidSettings` when their partition counts differ."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor,
            wait_for_partition_count,
            self._settings.kafka.librdkafka(),
            [self._settings.topic(topic) for topic in topics.CO_PARTITIONED],
            self.telemetry.waiting_for_kafka,
            lambda: not self._stopping,
        )

    def may_send(self) -> bool:
        """The worker's part of the last check: the group and the configuration were heard from just now."""
        return self.lease.is_held() and self._config.heard_within(CONFIG_FRESH_SECONDS)

    def _build_engine(self) -> DeliveryEngine:
        settings, worker = self._settings, self._settings.worker
        endings = Endings(self._clock, self.telemetry, settings.topic(topics.PROFILE_EVENTS))
        dispatcher = Dispatcher(self._clock, endings, SlotPolicy(slots=worker.slots), self.may_send)
        policy = RetryPolicy(worker.retry_first_seconds, worker.retry_max_seconds, worker.retry_give_up_seconds)
        jitter = Random(SystemRandom().random()).random
        surroundings = Surroundings(self._clock, self.telemetry, policy, jitter, self.may_send)
        tokens = Tokens(self._sender, self._clock, self._credentials)
        dispatcher.slots.attempt_with(Attempts(dispatcher, endings, self._sender, tokens, surroundings).begin)
        hands = Hands(
            self._clock,
            self.telemetry,
            self._open_log,
            self.lease.is_held,
            self._seek,
            self._command_reader.follow,
            self._command_reader.leave,
        )
        engine = DeliveryEngine(
            dispatcher,
            Intake(dispatcher, endings, self._clock, self.telemetry),
            hands,
            EnginePolicy(commit_interval=worker.commit_interval_seconds, scratch_folder=worker.scratch_folder),
        )
        source = settings.topic(topics.PROFILE_EVENTS)
        self.app.chunking.topics = frozenset({source})
        self.app.chunking.has_room = lambda topic, partition: topic != source or engine.has_room(partition)
        return engine

    def _take_command(self, partition: int, offset: int, command: Command | None) -> None:
        self.engine.command(partition, offset, command)

    def _open_log(self, partition: int) -> KafkaPartitionLog:
        settings = self._settings
        names = TopicNames(
            *(
                settings.topic(topic)
                for topic in (
                    topics.PROFILE_EVENTS,
                    topics.PENDING,
                    topics.OUTCOMES,
                    topics.ATTEMPTS,
                    topics.DEAD_LETTERS,
                )
            )
        )
        return KafkaPartitionLog(settings.kafka.librdkafka(), names, partition, POSITION_KEY, self._executor)

    async def _seek(self, partition: int, offset: int) -> None:
        tp = faust.types.TP(self._settings.topic(topics.PROFILE_EVENTS), partition)
        await chunks.seek(self.app, tp, offset)

    def _tail(self, topic: topics.Topic, take: Callable[[list[Any]], None]) -> TopicTail:
        return TopicTail(self._settings.kafka.librdkafka(), self._settings.topic(topic), take, self._clock)

    def _credential_log(self) -> CredentialLog:
        settings = self._settings
        writer = ConfigWriter(settings.kafka.librdkafka(), settings.topic(topics.CONNECTOR_CONFIG))
        name = f"{self.worker_id}-{uuid.uuid4().hex[:8]}"
        return CredentialLog(writer, Keeper(name, self._opener, self._clock, self.telemetry))

    def _apply(self, changes: list[ConfigChange]) -> None:
        self._credentials.take(changes)
        before = self.engine.dispatcher.view.connectors
        view = fold(self.engine.dispatcher.view, changes, self._make_live)
        self.engine.apply(view)
        for connector_id, live in before.items():
            now = view.connectors.get(connector_id)
            if now is None or now.plain_settings != live.plain_settings:
                self._sender.forget(connector_id)
        self.telemetry.config_applied(view.position, len(view.records))
        self._board.changed()

    def _make_live(self, record: ConnectorConfig) -> LiveConnector:
        try:
            return live_connector(record, self._registry, self._opener)
        except Exception as error:  # noqa: BLE001  # the edge: one connector must not keep the others' changes from applying
            self.telemetry.connector_unusable(record, error)
            return broken_live(
                record, InvalidSettings("This worker cannot use the connector; its log says which error.")
            )

    def _checks(self) -> dict[str, bool]:
        return {
            "config": self._config.heard_within(CONFIG_FRESH_SECONDS),
            "group": self.lease.is_held(),
            "partitions": bool(self.engine.feeds),
        }

    def _status(self) -> WorkerStatus:
        dispatcher = self.engine.dispatcher
        return WorkerStatus(
            v=SCHEMA_VERSION,
            worker_id=self.worker_id,
            at=as_datetime(self._clock.now_ms()),
            started_at=as_datetime(self._started_at),
            partitions=tuple(sorted(self.engine.feeds)),
            config_position=dispatcher.view.position,
            applied=dispatcher.view.revisions(),
            in_flight=dispatcher.slots.in_flight,
            pending_rows=self.engine.pending_rows(),
            metrics_url=self._metrics_url,
            connectors={
                connector.id: ConnectorHealth(
                    breaker=connector.breaker.state.value,
                    credentials_refused=connector.refused,
                    in_flight=connector.in_flight,
                    pending=len(connector.lanes),
                )
                for connector in dispatcher.connectors.values()
            },
        )

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(STATE_SECONDS)
            try:
                self.engine.dispatcher.share(1 / self._board.alive())
                self.engine.report(await self._ends())
                await self._hint()
            except Exception as error:  # noqa: BLE001  # the edge: the figures of one second are not worth a worker
                self.telemetry.internal_error("report", error)

    async def _ends(self) -> dict[int, int]:
        topic = self._settings.topic(topics.PROFILE_EVENTS)
        found = await chunks.ends(self.app, {faust.types.TP(topic, number) for number in self.engine.feeds})
        return {tp.partition: offset for tp, offset in found.items()}

    async def _hint(self) -> None:
        """Committed offsets of the group: a hint for lag tools and the starting point, never the truth."""
        offsets = self.engine.finished_offsets()
        if offsets and not self.app.rebalancing:
            topic = self._settings.topic(topics.PROFILE_EVENTS)
            await chunks.commit_hint(self.app, {faust.types.TP(topic, n): offset for n, offset in offsets.items()})
