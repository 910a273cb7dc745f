"""The delivery path compiled to C by mypyc: `python -m deploy.compiling FOLDER` makes a copy of the source with it.

The source runs as it is, and is what one edits and debugs. Compiled, the engine takes half the time. They are
compiled in a copy, because Python prefers a compiled module to a changed source beside it. The image and the wheel for
production are built from such a copy; `make bench`, and the tests of the promises, run in one.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("connectors", "control_plane", "deploy", "stream_workers", "tests", "pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "*.so", ".*")
COMPILED = (
    "connectors/kit/budget.py",
    "connectors/kit/classification.py",
    "connectors/kit/event_data.py",
    "connectors/kit/filters.py",
    "connectors/kit/gate.py",
    "connectors/kit/http_parts.py",
    "connectors/kit/identifiers.py",
    "connectors/kit/mapping.py",
    "stream_workers/core/breaker.py",
    "stream_workers/core/config_view.py",
    "stream_workers/core/delivering.py",
    "stream_workers/core/horizon.py",
    "stream_workers/core/identity.py",
    "stream_workers/core/live_config.py",
    "stream_workers/core/planning.py",
    "stream_workers/core/position.py",
    "stream_workers/core/rate_limit.py",
    "stream_workers/core/versions.py",
    "stream_workers/engine/attempts.py",
    "stream_workers/engine/batches.py",
    "stream_workers/engine/connector.py",
    "stream_workers/engine/delivery.py",
    "stream_workers/engine/dispatcher.py",
    "stream_workers/engine/endings.py",
    "stream_workers/engine/exchange.py",
    "stream_workers/engine/intake.py",
    "stream_workers/engine/lane.py",
    "stream_workers/engine/partition.py",
    "stream_workers/engine/scratch.py",
    "stream_workers/engine/settling.py",
    "stream_workers/engine/slots.py",
    "stream_workers/engine/timers.py",
    "stream_workers/http/call.py",
    "stream_workers/http/connection.py",
    "stream_workers/http/deadlines.py",
    "stream_workers/http/framing.py",
    "stream_workers/http/plain_answer.py",
    "stream_workers/http/pool.py",
    "stream_workers/http/request_bytes.py",
    "stream_workers/shell/clock.py",
    "stream_workers/shell/counts.py",
    "stream_workers/shell/durations.py",
    "stream_workers/shell/telemetry.py",
)
"""What a delivery passes through, one by one. A base of a class in them is one of theirs or Python's own."""


def obstacle() -> str | None:
    """What is missing for compiling here; `None` when nothing is."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        return "there is no C compiler (cc)"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return f"the headers of Python {sysconfig.get_python_version()} are not installed"
    if importlib.util.find_spec("mypyc") is None:
        return "mypyc is not installed"
    return None


def copy_source(folder: Path) -> None:
    """Make `folder` a fresh copy of the source; results of benchmarks in it stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for compiled in folder.glob("*.so"):
        compiled.unlink()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / name, folder)


def compile_modules() -> None:
    """Compile `COMPILED` in the working directory, which is a copy of the source, or end with what is in the way."""
    from mypyc.build import mypycify  # noqa: PLC0415  # neither is here when nothing is compiled
    from setuptools import Distribution  # noqa: PLC0415  # as above

    distribution = Distribution({"ext_modules": mypycify(list(COMPILED), group_name="patchbay", debug_level="0")})
    distribution.get_command_obj("build_ext").inplace = True
    distribution.run_command("build_ext")
    shutil.rmtree("build")


def main(folder: Path) -> None:
    """Copy and compile; without a compiler the copy runs as Python."""
    copy_source(folder)
    missing = obstacle()
    if missing is not None:
        print(f"The delivery path is not compiled: {missing}.")
        return
    made = subprocess.run(
        [sys.executable, "-m", "deploy.compiling"], cwd=folder, stdout=subprocess.PIPE, text=True, check=False
    )
    if made.returncode or ": warning: " in made.stdout:
        sys.exit(made.stdout + "Compiled, this would not run, or do something else than Python does.")


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        compile_modules()
