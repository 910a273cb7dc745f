"""The one folder of a local stack: who uses it, where its parts keep things, and the key ring."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.kit.sealing import new_key
from deploy.errors import CannotRun

DEFAULT_FOLDER = Path(".patchbay")


class StackFolder:
    """Paths and small files below one folder, which one `patchbay up` at a time may use."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.kafka = self.path / "kafka"
        self.database = self.path / "patchbay.sqlite"
        self.logs = self.path / "logs"
        self._keys = self.path / "keys"
        self._admin_key = self.path / "first-admin-key"
        self._addresses = self.path / "addresses.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder is ours for the block; raises `CannotRun`, naming the process that has it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise CannotRun(
                    f"Another `patchbay up` (process {lock.read().strip()}) uses {self.path}. "
                    "Stop it, or choose another folder with --data-dir."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            try:
                yield
            finally:
                self._addresses.unlink(missing_ok=True)

    def key_ring(self) -> str:
        """The keys that secrets are sealed with, comma-separated; made at the first call, for the owner's eyes only."""
        return self._kept_secret(self._keys, new_key)

    def first_admin_key(self, make: Callable[[], str]) -> str:
        """The first admin's API key until it has been shown; the same one over restarts."""
        return self._kept_secret(self._admin_key, make)

    def forget_first_admin_key(self) -> None:
        """It has been shown, or there was an admin already."""
        self._admin_key.unlink(missing_ok=True)

    def write_addresses(self, addresses: dict[str, str]) -> None:
        """Lets `patchbay send` and `patchbay stats` find this stack."""
        self._addresses.write_text(json.dumps(addresses, indent=2))

    def addresses(self) -> dict[str, str]:
        """Where the running stack answers; empty when none runs."""
        if not self._addresses.exists():
            return {}
        addresses: dict[str, str] = json.loads(self._addresses.read_text())
        return addresses

    def _kept_secret(self, path: Path, make: Callable[[], str]) -> str:
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(make())
        return path.read_text().strip()
