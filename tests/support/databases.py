"""Both databases for tests: SQLite in a file, and PostgreSQL from the system's own binaries, started once per run."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from control_plane.settings import DatabaseSettings
from deploy.local.ports import free_port

_USER = "patchbay"


def patient(database_url: str) -> DatabaseSettings:
    """How tests use a database: a machine that stands still for two seconds decides none of them."""
    return DatabaseSettings(url=database_url, connect_seconds=30)


class NoPostgresql(Exception):
    """There are no server binaries here."""


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A running server; database names are appended to `address`."""

    address: str
    process_id: int

    def freeze(self) -> None:
        """It holds its connections open and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        # Each server process leads a group of its own. The parent first, so that it starts no others meanwhile.
        os.kill(self.process_id, which)
        children = Path(f"/proc/{self.process_id}/task/{self.process_id}/children").read_text()
        for child in children.split():
            os.kill(int(child), which)


@contextmanager
def running_postgresql() -> Iterator[PostgresqlServer]:
    """A server of one's own on loopback."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="patchbay-postgresql-"))
    try:
        _own(folder)
        port = free_port()
        _run([str(binaries / "initdb"), "-D", str(folder / "data"), "-U", _USER, "-A", "trust", "-E", "UTF8", "-N"])
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off -c max_connections=200"
        log, pg_ctl = str(folder / "log"), str(binaries / "pg_ctl")
        _run([pg_ctl, "-D", str(folder / "data"), "-w", "-l", log, "-o", options, "start"])
        try:
            process_id = int((folder / "data" / "postmaster.pid").read_text().split()[0])
            yield PostgresqlServer(f"postgresql://{_USER}@127.0.0.1:{port}/", process_id)
        finally:
            _run([pg_ctl, "-D", str(folder / "data"), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def create_postgresql_database(address: str) -> str:
    """A fresh, empty database on the server; gives its URL."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(f"{address}postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"{address}{name}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """One PostgreSQL for the whole run."""
    try:
        _binaries()
    except NoPostgresql as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with running_postgresql() as server:
        yield server.address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of one's own; every test that asks for it runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'patchbay.sqlite'}"
    return await create_postgresql_database(request.getfixturevalue("postgresql"))


def _binaries() -> Path:
    found = shutil.which("pg_config")
    candidates = [Path(_output([found, "--bindir"]).strip())] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoPostgresql("no PostgreSQL server binaries here; install the package `postgresql`")


def _own(folder: Path) -> None:
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")


def _run(command: list[str]) -> None:
    # The server refuses to run as root.
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run(
        [*as_nobody, *command],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},
    )


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
