"""What `patchbay up` will run: where each part answers, what it is told, and the command that starts it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.folder import DEFAULT_FOLDER, StackFolder
from deploy.local.parts import ProcessPart
from deploy.local.ports import free_port, require_free

KAFKA_PORT, API_PORT, SIMULATOR_PORT, METRICS_PORT, FIRST_WORKER_PORT = 9092, 8080, 8090, 9100, 9101
LOOPBACK = "127.0.0.1/32"


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the command line said; `kafka` and `database` point at servers that run already."""

    folder: Path = DEFAULT_FOLDER
    workers: int = 1
    kafka: str | None = None
    database: str | None = None
    port: int | None = None
    partitions: int | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each part answers."""

    kafka: str
    api: int
    simulator: int
    metrics: int
    workers: tuple[int, ...]

    @property
    def api_url(self) -> str:
        """The control plane: its console and its API."""
        return _url(self.api)

    @property
    def worker_urls(self) -> tuple[str, ...]:
        """Where the workers answer for metrics and health."""
        return tuple(_url(port) for port in self.workers)

    def listed(self) -> dict[str, str]:
        """By name, as they are printed and kept in the folder."""
        return {
            "console": self.api_url,
            "api_docs": f"{self.api_url}/docs",
            "kafka": self.kafka,
            "simulator": _url(self.simulator),
            "control_plane_metrics": f"{self.api_url}/metrics",
            "outcome_metrics": f"{_url(self.metrics)}/metrics",
            **{f"worker_{number}_metrics": f"{url}/metrics" for number, url in enumerate(self.worker_urls, 1)},
        }


def choose_addresses(options: UpOptions, kafka: str) -> Addresses:
    """Free ports, the well-known ones where possible; raises `PortTaken` when the asked-for port is not free."""
    return Addresses(
        kafka=kafka,
        api=require_free(options.port, "the control plane") if options.port else free_port(API_PORT),
        simulator=free_port(SIMULATOR_PORT),
        metrics=free_port(METRICS_PORT),
        workers=tuple(free_port(FIRST_WORKER_PORT + number) for number in range(options.workers)),
    )


class Plan:
    """The processes of one run; all are told the same, and each a little of its own."""

    def __init__(self, options: UpOptions, folder: StackFolder, addresses: Addresses) -> None:
        self._logs = folder.logs
        self._addresses = addresses
        self._shared = _shared_environment(options, folder, addresses)

    def simulator(self) -> ProcessPart:
        """The partners."""
        command = [sys.executable, "-m", "deploy.local.simulator", "--port", str(self._addresses.simulator)]
        return ProcessPart("partner simulator", command, {}, self._logs / "simulator.log")

    def control_plane(self, first_admin_key: str) -> ProcessPart:
        """The API, the console and the relay."""
        own = {
            "PATCHBAY_HTTP__PORT": str(self._addresses.api),
            "PATCHBAY_ACCESS__FIRST_ADMIN_KEY": first_admin_key,
            "PATCHBAY_DEMO__SINK_URL": f"{_url(self._addresses.simulator)}/demo",
        }
        return self._program("control plane", "control-plane", own)

    def metrics(self) -> ProcessPart:
        """The agent that counts outcomes."""
        return self._program("metrics agent", "metrics", {"PATCHBAY_PROBES__PORT": str(self._addresses.metrics)})

    def workers(self) -> tuple[ProcessPart, ...]:
        """The ones that deliver."""
        return tuple(
            self._program(
                f"worker-{number}",
                "worker",
                {"PATCHBAY_PROBES__PORT": str(port), "PATCHBAY_WORKER__ID": f"worker-{number}"},
            )
            for number, port in enumerate(self._addresses.workers, 1)
        )

    def _program(self, name: str, subcommand: str, own: Mapping[str, str]) -> ProcessPart:
        command = [sys.executable, "-m", "deploy.cli", subcommand]
        log = self._logs / f"{name.replace(' ', '-')}.log"
        return ProcessPart(name, command, {**self._shared, **own}, log)


def _shared_environment(options: UpOptions, folder: StackFolder, addresses: Addresses) -> dict[str, str]:
    allowed = [network for network in (os.environ.get("PATCHBAY_EGRESS__ALLOW"), LOOPBACK) if network]
    return {
        "PATCHBAY_KAFKA__BOOTSTRAP_SERVERS": addresses.kafka,
        "PATCHBAY_DATABASE__URL": options.database or f"sqlite:///{folder.database}",
        "PATCHBAY_SECRETS__KEYS": os.environ.get("PATCHBAY_SECRETS__KEYS") or folder.key_ring(),
        "PATCHBAY_EGRESS__ALLOW": ",".join(allowed),
    }


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
