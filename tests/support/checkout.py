"""A copy of the source in which commands may write, and the commands run on it as a newcomer runs them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("connectors", "deploy", "docs/connectors", "tests/connectors", "tests/support")


@dataclass(frozen=True, slots=True)
class Checkout:
    """The copy."""

    root: Path

    def run(self, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a line of shell there; `patchbay` and `python` are those of this environment."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        clean = {"PATH": path, "HOME": str(self.root), "COLUMNS": "200", "PYTHONPATH": str(self.root), **environment}
        return subprocess.run(
            command, shell=True, cwd=self.root, env=clean, capture_output=True, text=True, timeout=120, check=False
        )

    def read(self, path: str) -> str:
        """A file's text."""
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Makes or replaces a file."""
        (self.root / path).write_text(text, encoding="utf-8")


def checkout(folder: Path) -> Checkout:
    """A fresh copy of what a connector type touches."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return Checkout(folder)
