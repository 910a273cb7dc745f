"""All settings of the workers, and all settings of Faust; nowhere else."""

import atexit
import shutil
import tempfile
from typing import Any

from pydantic import BaseModel, Field

from connectors.kit.program_settings import ProgramSettings
from connectors.records.topics import TOPICS, Topic
from stream_workers.transport.chunks import SCHEME

SESSION_TIMEOUT_SECONDS = 10.0
LEASE_SECONDS = SESSION_TIMEOUT_SECONDS * 2 / 3


class WorkerSection(BaseModel):
    """The delivery worker."""

    id: str | None = Field(default=None, description="A name of its own; made up when absent.")
    slots: int = Field(default=1024, ge=4, le=100_000, description="Attempts at a time; a connector holds a quarter.")
    commit_interval_seconds: float = Field(default=0.15, ge=0.01, le=5, description="How often partitions commit.")
    retry_first_seconds: float = Field(default=10, gt=0, description="The first retry delay; it doubles from there.")
    retry_max_seconds: float = Field(default=900, gt=0, description="The longest retry delay.")
    retry_give_up_seconds: float = Field(default=86_400, gt=0, description="After this a delivery ends in error.")
    scratch_folder: str | None = Field(
        default=None, description="Where rows wait that are too many for memory; the system's folder when absent."
    )
    shutdown_seconds: float = Field(default=15, gt=0, description="How long a stop may take before it is forced.")


class ProbesSection(BaseModel):
    """Where metrics and health answer."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="0 takes a free port, which is logged.")


class DatabaseSection(BaseModel):
    """The control plane's database, which the metrics agent writes its counts to."""

    url: str = "sqlite+aiosqlite:///.patchbay/patchbay.sqlite"


class WorkerSettings(ProgramSettings):
    """Everything that `patchbay worker` and `patchbay metrics` read."""

    worker: WorkerSection = WorkerSection()
    probes: ProbesSection = ProbesSection()
    database: DatabaseSection = DatabaseSection()

    def topic(self, topic: Topic) -> str:
        """A topic's name in this installation."""
        return self.kafka.topic_prefix + topic.name


def _scratch_folder() -> str:
    """Faust wants a folder although nothing here is kept in one; it goes with the process."""
    folder = tempfile.mkdtemp(prefix="patchbay-faust-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def faust_settings(settings: WorkerSettings, group: str) -> dict[str, Any]:
    """Keyword arguments of `faust.App`; each differs from Faust's default for a reason told in docs/decisions."""
    hosts = settings.kafka.bootstrap_servers.split(",")
    return {
        "id": settings.kafka.topic_prefix + group,
        "broker": [f"{SCHEME}://{host.strip()}" for host in hosts],
        "store": "memory://",
        "datadir": _scratch_folder(),
        "autodiscover": False,
        "web_enabled": False,
        "web_tables_enabled": False,
        "web_router_enabled": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "stream_buffer_maxsize": 16,
        "stream_wait_empty": False,
        "broker_max_poll_records": 500,
        "broker_session_timeout": SESSION_TIMEOUT_SECONDS,
        "broker_heartbeat_interval": 2.0,
        "broker_rebalance_timeout": 20.0,
        "broker_request_timeout": 30.0,
        "consumer_auto_offset_reset": "earliest",
        "producer_request_timeout": 30.0,
    }


__all__ = ["LEASE_SECONDS", "TOPICS", "WorkerSettings", "faust_settings"]
