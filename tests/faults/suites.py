"""Fault tests that live in other suites: run them, and say how many passed."""

import os
import re
import subprocess
import sys

from tests.faults.report import Report

TIMEOUT_SECONDS = 1_800


def run_suites(report: Report, *paths: str, **environment: str) -> None:
    """Runs pytest over these paths in a process of its own; every test must pass, and none may be skipped unseen."""
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *paths]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False, env={**os.environ, **environment}
    )
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-500:]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", last)}
    report.at_least("tests that passed", counts.get("passed", 0), 1)
    report.equal("exit code of the suites", done.returncode, 0)
    report.note("suites", f"{', '.join(paths)}: {last}")
