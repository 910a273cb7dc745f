"""Both databases for tests: SQLite in a file, and PostgreSQL from the system's own binaries, started once per run."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.ports import free_port

_USER = "patchbay"


class NoPostgresql(Exception):
    """There are no server binaries here."""


@contextmanager
def running_postgresql() -> Iterator[str]:
    """A server of one's own on loopback; gives the address that database names are appended to."""
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
            yield f"postgresql://{_USER}@127.0.0.1:{port}/"
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
    with running_postgresql() as address:
        yield address


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
