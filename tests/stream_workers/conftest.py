"""A metrics database of one's own for each test, on SQLite and on a real PostgreSQL server."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import metadata
from stream_workers.shell.metrics_store import open_metrics_engine
from tests.support.stack import children_of, is_gone
from tests.support.waiting import eventually


class PostgresqlServer:
    """A server of one's own on a Unix socket, which can be stopped as by a crash and started again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._owner = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
        if self._owner:
            shutil.chown(self._folder, self._owner)
        self._run("initdb", "-A", "trust", "-U", "postgres", "--no-sync")
        self.url = f"postgresql://postgres@/postgres?host={self._folder}"
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c fsync=off"
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def crash(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def freeze(self) -> None:
        """No process of the server goes on; whoever is connected waits."""
        for pid in self._processes():
            os.kill(pid, signal.SIGSTOP)

    def kill(self) -> None:
        """As a crash of the machine, also while it is frozen."""
        for pid in self._processes():
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self._processes(), 30)

    def _processes(self) -> list[int]:
        first = self._folder / "data" / "postmaster.pid"
        if not first.exists():
            return []
        pid = int(first.read_text().split()[0])
        return [one for one in (pid, *children_of(pid)) if not is_gone(one)]

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program) or str(next(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")))
        command = [found, "-D", str(self._folder / "data"), *arguments]
        subprocess.run(command, check=True, user=self._owner, cwd=self._folder, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    server = PostgresqlServer()
    yield server
    server.remove()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> str:
    return postgresql_server.url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def metrics_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/metrics.sqlite"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
async def metrics_engine(metrics_url: str) -> AsyncIterator[AsyncEngine]:
    """The engine as the metrics agent opens it, on empty tables."""
    engine = open_metrics_engine(metrics_url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()
