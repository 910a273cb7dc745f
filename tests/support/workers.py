"""Worker and metrics programs as processes that tests kill, freeze, thaw and stop."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from connectors.kit.program_settings import KafkaSettings
from deploy.local.child_process import spawn
from deploy.local.ports import free_port
from tests.support.waiting import eventually

START_SECONDS = 40.0


class WorkerProcess:
    """One program. It cannot outlive this process; `start` must be called from the main thread."""

    def __init__(self, program: str, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._program = program
        self._port = free_port()
        self._environment = {
            **environment,
            "PATCHBAY_WORKER__ID": name,
            "PATCHBAY_PROBES__PORT": str(self._port),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process; returns at once."""
        self._process = spawn([sys.executable, "-m", "deploy.cli", self._program], self.log, self._environment)

    @property
    def pid(self) -> int:
        """The process id; raises `RuntimeError` before the start."""
        return self._started().pid

    def is_running(self) -> bool:
        """True while the process lives, frozen or not."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Ends it as a crash would."""
        self._started().kill()
        self._started().wait()

    def freeze(self) -> None:
        """It does nothing until `thaw`."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if no time had passed."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self, seconds: float = 40.0) -> int:
        """Asks it to end; the exit code."""
        self._started().send_signal(signal.SIGTERM)
        return self._started().wait(seconds)

    def get(self, page: str) -> httpx.Response | None:
        """A page of its probe server; `None` when it does not answer."""
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}{page}", timeout=2)
        except httpx.TransportError:
            return None

    def is_ready(self) -> bool:
        """True when it has read the configuration and owns partitions of its group."""
        answer = self.get("/readyz")
        return answer is not None and answer.status_code == 200

    def is_ready_or_over(self) -> bool:
        """True when there is nothing more to wait for."""
        return self.is_ready() or not self.is_running()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 when it does not answer."""
        answer = self.get("/metrics")
        lines = answer.text.splitlines() if answer is not None else []
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def rss_megabytes(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def open_files(self) -> int:
        """File descriptors in use."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def log_text(self) -> str:
        """All that it has logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


class Workers:
    """The processes of one installation."""

    def __init__(self, settings: KafkaSettings, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._all: list[WorkerProcess] = []
        self._environment = {
            "PATCHBAY_KAFKA__BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "PATCHBAY_KAFKA__TOPIC_PREFIX": settings.topic_prefix,
            "PATCHBAY_EGRESS__ALLOW": "127.0.0.0/8",
            **environment,
        }

    def start(self, program: str = "worker", *, wait: bool = True, **environment: str) -> WorkerProcess:
        """One more process; returns when it is ready."""
        name = f"{program}-{len(self._all)}"
        process = WorkerProcess(program, name, self._folder, {**self._environment, **environment})
        self._all.append(process)
        process.start()
        if wait:
            self.until_ready(process)
        return process

    def until_ready(self, *processes: WorkerProcess) -> None:
        """Returns when each of them is ready; an early end fails with the log."""
        for process in processes:
            eventually(process.is_ready_or_over, START_SECONDS)
            assert process.is_running(), process.log_text()[-3000:]

    def living(self) -> list[WorkerProcess]:
        """Those that run."""
        return [process for process in self._all if process.is_running()]

    def logs(self) -> str:
        """Everything that all of them have logged."""
        return "".join(process.log_text() for process in self._all)

    def end(self) -> None:
        """Kills what still runs."""
        for process in self.living():
            process.kill()


@contextmanager
def running_workers(settings: KafkaSettings, folder: Path, **environment: str) -> Iterator[Workers]:
    """Workers that end with the block."""
    workers = Workers(settings, folder, environment)
    try:
        yield workers
    finally:
        workers.end()
