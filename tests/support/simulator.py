"""The partner simulator for tests: as a process of its own, or inside the test's event loop."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.local.simulator.partner import Partner
from deploy.local.simulator.recorded_answers import RecordedAnswers, answers_of_the_catalog
from deploy.local.simulator.server import serve


@dataclass(frozen=True, slots=True)
class SimulatedPartner:
    """A handle on a running simulator: tell it what to do, ask it what it saw. Blocking; use it outside its loop."""

    url: str

    def misbehave(self, path: str, **how: Any) -> None:
        """From now on requests below `path` are answered so: `latency_ms=`, `status=`, `hang=`, `fraction=` …"""
        httpx.put(f"{self.url}/_behaviour", json={"path": path, **how}, timeout=10).raise_for_status()

    def behave(self, path: str | None = None) -> None:
        """Ends the misbehaviour below `path`, or all of it."""
        query = {} if path is None else {"path": path}
        httpx.delete(f"{self.url}/_behaviour", params=query, timeout=10).raise_for_status()

    def received(self, path: str = "", limit: int = 1000) -> list[dict[str, Any]]:
        """The latest requests below `path`, oldest first."""
        return self._get("/_received", path=path, limit=limit)

    def count(self, path: str | None = None) -> int:
        """How many requests came, to exactly `path` or in total."""
        counts = self._get("/_counts")
        return counts["total"] if path is None else counts["paths"].get(path, 0)

    def profiles(self, path: str = "") -> dict[str, list[dict[str, Any]]]:
        """Each profile's changes below `path`, in the order in which they came."""
        answer = self._get("/_profiles", path=path)
        assert not answer["truncated"]
        return answer["profiles"]

    def forget(self) -> None:
        """Forgets every request."""
        httpx.delete(f"{self.url}/_received", timeout=10).raise_for_status()

    def _get(self, page: str, **query: Any) -> Any:
        answer = httpx.get(self.url + page, params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def simulator_process() -> Iterator[SimulatedPartner]:
    """A simulator in a process of its own, on any free port."""
    command = [sys.executable, "-m", "deploy.local.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            yield SimulatedPartner(first_line.split()[3].rstrip(","))
        finally:
            process.terminate()


@asynccontextmanager
async def simulator_in_this_loop(recorded: RecordedAnswers | None = None) -> AsyncIterator[str]:
    """A simulator inside the running event loop; its address."""
    server = await serve(Partner(recorded or answers_of_the_catalog()), 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
