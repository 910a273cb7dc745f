"""The composition root: builds every part from the settings, and the application from the parts."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from fastapi import FastAPI

from connectors.catalog import load_catalog
from connectors.kit.address import AddressPolicy
from connectors.kit.registry import Registry
from connectors.kit.sealing import Sealer
from control_plane.access.trial_limit import TrialLimit
from control_plane.action import endpoints as action
from control_plane.alert import endpoints as alert
from control_plane.alert.messages import AlertMessenger
from control_plane.alert.post import WorldwidePost
from control_plane.alert.watcher import AlertWatcher
from control_plane.audience import endpoints as audience
from control_plane.audit import endpoints as audit
from control_plane.catalog import endpoints as catalog
from control_plane.connection_test import endpoints as connection_test
from control_plane.connector import endpoints as connector
from control_plane.console.serving import mount_console
from control_plane.custom_type import endpoints as custom_type
from control_plane.database.engine import open_database
from control_plane.dead_letter import endpoints as dead_letter
from control_plane.delivery import endpoints as delivery
from control_plane.demo import endpoints as demo
from control_plane.editor import endpoints as editor
from control_plane.error_group import endpoints as error_group
from control_plane.event_feed import endpoints as event_feed
from control_plane.favourite import endpoints as favourite
from control_plane.following.wiring import kafka_follower
from control_plane.freshness import endpoints as freshness
from control_plane.freshness.lag_reader import LagReader
from control_plane.health import endpoints as health
from control_plane.job import endpoints as job
from control_plane.job.command_topic import KafkaCommandTopic
from control_plane.job.sender import JobSender
from control_plane.journey import endpoints as journey
from control_plane.live import endpoints as live
from control_plane.openapi import describe
from control_plane.outcome import endpoints as outcome
from control_plane.partner_client import PartnerClient
from control_plane.parts import Parts
from control_plane.problems import install_problems
from control_plane.publishing import endpoints as config
from control_plane.publishing.config_topic import ConfigTopic, KafkaConfigTopic
from control_plane.publishing.relay import Relay
from control_plane.sample import endpoints as sample
from control_plane.sample.recent_events import KafkaRecentEvents, RecentEvents
from control_plane.sample.recent_outcomes import KafkaRecentOutcomes, RecentOutcomes
from control_plane.session import endpoints as session
from control_plane.settings import ControlPlaneSettings
from control_plane.startup import Announce, Startup
from control_plane.tag import endpoints as tag
from control_plane.tag.containers import Containers
from control_plane.telemetry import Telemetry, program_version
from control_plane.tracing import Tracing
from control_plane.type_change import endpoints as type_change
from control_plane.user import endpoints as user
from control_plane.version_diff import endpoints as version_diff
from control_plane.worker import endpoints as worker
from control_plane.worker.live_workers import LiveWorkers
from control_plane.worker.status_reader import KafkaStatusReader, StatusReader
from control_plane.workspace import endpoints as workspace

RESOURCES = (
    catalog,
    connector,
    favourite,
    action,
    audience,
    journey,
    event_feed,
    outcome,
    freshness,
    delivery,
    dead_letter,
    job,
    error_group,
    alert,
    live,
    worker,
    config,
    workspace,
    user,
    session,
    audit,
    connection_test,
    sample,
    editor,
    type_change,
    version_diff,
    tag,
    custom_type,
    demo,
    health,
)


class Background(Protocol):
    """Something that works beside the requests once the tables are there."""

    def running(self) -> Any:
        """An async context manager: works while the block runs."""


def build_app(settings: ControlPlaneSettings, announce: Announce | None = None) -> FastAPI:
    """The application, with everything behind it.

    `announce` is told the first admin's key when one is made; without it none is made. Raises `InvalidSettings` when
    there is no key to seal secrets with.
    """
    parts = build_parts(settings, KafkaConfigTopic(settings.kafka))
    background = (
        kafka_follower(settings.kafka, parts.database),
        JobSender(parts.database, KafkaCommandTopic(settings.kafka)),
        AlertWatcher(parts.database, parts.workers),
        LagReader(settings.kafka, parts.database, parts.freshness),
        AlertMessenger(parts.database, WorldwidePost(parts.partner_client, parts.sealer, settings.mail)),
    )
    return assemble(parts, KafkaStatusReader(settings.kafka, parts.workers), announce, background)


def build_parts(
    settings: ControlPlaneSettings,
    topic: ConfigTopic,
    registry: Registry | None = None,
    events: RecentEvents | None = None,
    outcomes: RecentOutcomes | None = None,
) -> Parts:
    """Every part; `topic` is where config records go, `registry` defaults to the catalogue, the others to Kafka."""
    database, telemetry, types = open_database(settings.database), Telemetry(), registry or load_catalog()
    return Parts(
        settings=settings,
        database=database,
        registry=types,
        sealer=Sealer(settings.secrets.plain()),
        relay=Relay(database, topic, settings.relay, telemetry),
        workers=LiveWorkers(),
        telemetry=telemetry,
        startup=Startup(),
        partner_client=PartnerClient(AddressPolicy(settings.egress.networks()), settings.egress.ca_file),
        events=events or KafkaRecentEvents(settings.kafka),
        outcomes=outcomes or KafkaRecentOutcomes(settings.kafka),
        containers=Containers(types),
        trials=TrialLimit(settings.access.trials_per_minute),
    )


def assemble(
    parts: Parts, statuses: StatusReader, announce: Announce | None = None, background: Sequence[Background] = ()
) -> FastAPI:
    """The application from its parts; `background` works as long as it lives."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        starting = asyncio.create_task(_start(parts, statuses, announce, background), name="startup")
        try:
            yield
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await parts.database.close()

    app = FastAPI(
        title="Patchbay",
        version=program_version(),
        description="The control plane of Patchbay: connectors, what they listen to, and what became of it.",
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url="/docs",
        redoc_url=None,
    )
    app.state.parts = parts
    app.add_middleware(Tracing, telemetry=parts.telemetry)
    install_problems(app)
    for resource in RESOURCES:
        app.include_router(resource.router)
    mount_console(app)
    describe(app)
    return app


async def _start(
    parts: Parts, statuses: StatusReader, announce: Announce | None, background: Sequence[Background]
) -> None:
    """Everything in the background, for as long as the process lives."""
    async with statuses.running():
        await parts.startup.run(parts.database, parts.settings.access, announce)
        async with parts.relay.running(), AsyncExitStack() as others:
            for other in background:
                await others.enter_async_context(other.running())
            await asyncio.Event().wait()
