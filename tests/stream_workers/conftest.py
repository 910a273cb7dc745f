"""A metrics database of one's own for each test, on SQLite and on a real PostgreSQL server."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import metadata
from stream_workers.shell.metrics_store import open_metrics_engine


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    owner = "postgres" if os.geteuid() == 0 else None
    shutil.chown(folder, owner) if owner else None
    data = str(folder / "data")

    def run(program: str, *arguments: str) -> None:
        command = shutil.which(program) or str(next(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")))
        subprocess.run([command, *arguments], check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)

    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield f"postgresql://postgres@/postgres?host={folder}"
    run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder)


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
