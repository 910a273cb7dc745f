"""docs/operating.md names every log line and every metric of the worker, and none that is not."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from stream_workers.shell.telemetry import Telemetry

ROOT = Path(__file__).parents[2]
TOLD = re.compile(r'log\.(?:debug|info|warning|error)\(\s*"([a-z_.]+)"')
KINDS = ("worker", "kafka", "partition", "connector", "config", "internal_error", "metrics")


def operating() -> str:
    return (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_every_log_line_is_explained_and_every_explained_one_exists() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "stream_workers").rglob("*.py")]
    told = {event for source in sources for event in TOLD.findall(source)}
    named = set(re.findall(rf"`((?:{'|'.join(KINDS)})(?:\.[a-z_]+)?)`", operating())) - {"metrics"}
    assert told == named


def test_every_metric_is_explained_and_every_explained_one_exists() -> None:
    registry = CollectorRegistry()
    Telemetry(registry, "test")
    known = {f"{one.name}_total" if one.type == "counter" else one.name for one in registry.collect()}
    assert known == set(re.findall(r"`(patchbay_[a-z_]+)`", operating()))
