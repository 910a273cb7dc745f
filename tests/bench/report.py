"""From the figures of all runs to a table, ratios beside their goals, and a JSON file."""

import json
import platform
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stream_workers.shell.telemetry import DELIVERY_PATH
from tests.bench.measuring import Figures
from tests.bench.scenarios import IN_FLIGHT, LATENCY_MS

Runs = Mapping[str, Sequence[Figures]]

TITLES = {
    "a": "(a) webhook, one POST per event",
    "metrics": "    its outcomes, by the metrics agent",
    "b1": "    b1: aiokafka + ClientSession",
    "b2": "    b2: stock Faust + ClientSession",
    "b": "(b) the body as a text template",
    "c": "(c) Meta, batches of 10,000 rows",
    "d": "(d) 100 ms partner, 1,000 in flight",
    "e": "(e) three connectors per event",
    "f": "(f) two workers",
    "g": "(g) ten connectors, one hangs",
    "g healthy": "    the same, none hangs",
    "h": "(h) 1,000 connectors, 10,000 actions",
    "h small": "    1 connector, 10 actions",
    "h applied": "(h) a change of config, applied",
    "p": "(p) 1,000 events a second",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio or figure, and where it should be."""

    what: str
    needs: tuple[str, ...]
    value: Callable[[Mapping[str, Figures]], float]
    at_most: float | None = None
    at_least: float | None = None

    def is_met(self, value: float) -> bool:
        """True when the figure is where it should be."""
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)


GOALS = (
    Goal("(a) CPU per delivery ÷ b1", ("a", "b1"), lambda m: m["a"].cpu_us / m["b1"].cpu_us, at_most=0.50),
    Goal("(a) CPU per delivery ÷ b2", ("a", "b2"), lambda m: m["a"].cpu_us / m["b2"].cpu_us, at_most=0.25),
    Goal("(a) deliveries/s ÷ b1", ("a", "b1"), lambda m: m["a"].per_second / m["b1"].per_second, at_least=1.6),
    Goal("(a) deliveries/s ÷ b2", ("a", "b2"), lambda m: m["a"].per_second / m["b2"].per_second, at_least=3.0),
    Goal("(b) CPU ÷ (a)", ("a", "b"), lambda m: m["b"].cpu_us / m["a"].cpu_us, at_most=1.6),
    Goal("(c) CPU per event ÷ b1", ("c", "b1"), lambda m: m["c"].cpu_us / m["b1"].cpu_us, at_most=0.40),
    Goal(
        "(d) deliveries/s ÷ (in flight ÷ latency)",
        ("d",),
        lambda m: m["d"].per_second / (IN_FLIGHT / LATENCY_MS * 1000),
        at_least=0.80,
    ),
    Goal("(d) resident memory, MB", ("d",), lambda m: m["d"].resident_mb, at_most=250),
    Goal("(e) CPU per delivery ÷ (a)", ("a", "e"), lambda m: m["e"].cpu_us / m["a"].cpu_us, at_most=0.8),
    Goal("(f) CPU per delivery ÷ (a)", ("a", "f"), lambda m: m["f"].cpu_us / m["a"].cpu_us, at_most=1.1),
    Goal(
        "(g) deliveries/s of nine ÷ the same when healthy",
        ("g", "g healthy"),
        lambda m: m["g"].per_second / (0.9 * m["g healthy"].per_second),
        at_least=0.9,
    ),
    Goal("(h) CPU at 10,000 actions ÷ at 10", ("h", "h small"), lambda m: m["h"].cpu_us / m["h small"].cpu_us, 1.1),
    Goal("(h) config applied, p99 ms", ("h applied",), lambda m: m["h applied"].p99_ms or 0.0, at_most=500),
    Goal("(p) produce to partner, p99 ms", ("p",), lambda m: m["p"].p99_ms or 0.0, at_most=50),
)


def medians(runs: Runs) -> dict[str, Figures]:
    """The median of each figure over the runs."""
    return {name: _median(figures) for name, figures in runs.items()}


def table(runs: Runs) -> str:
    """One line per contestant and one per goal."""
    lines = [f"{'':38} {'CPU µs':>8} {'spread':>13} {'per s':>8} {'RSS MB':>7} {'p50 ms':>7} {'p99 ms':>7}"]
    found = medians(runs)
    for name, median in found.items():
        cpu = [one.cpu_us for one in runs[name]]
        spread = f"{min(cpu):.1f}-{max(cpu):.1f}"
        latency = f"{_ms(median.p50_ms)} {_ms(median.p99_ms)}"
        numbers = f"{median.cpu_us:>8.1f} {spread:>13} {median.per_second:>8.0f} {median.resident_mb:>7.0f}"
        lines.append(f"{TITLES[name]:38} {numbers} {latency}")
    lines.append("")
    for goal in GOALS:
        if all(name in found for name in goal.needs):
            value = goal.value(found)
            wanted = f"≤ {goal.at_most:g}" if goal.at_most is not None else f"≥ {goal.at_least:g}"
            lines.append(f"{goal.what:50} {value:>8.2f}  {wanted:>8}  {'met' if goal.is_met(value) else 'MISSED'}")
    lines += ["", "Outcomes of the last run:"]
    lines += [f"  {TITLES[name].strip():38} {dict(figures[-1].outcomes)}" for name, figures in runs.items()]
    return "\n".join(lines)


def write_json(runs: Runs, incomplete: Sequence[str], path: Path) -> None:
    """Every run, the medians, the ratios and where they were taken."""
    found = medians(runs)
    path.parent.mkdir(exist_ok=True)
    content = {
        "machine": {"cpus": _cpus(), "python": platform.python_version(), "system": platform.platform()},
        "delivery_path": DELIVERY_PATH,
        "revision": _revision(),
        "runs": {name: [asdict(one) for one in figures] for name, figures in runs.items()},
        "incomplete": list(incomplete),
        "medians": {name: asdict(one) for name, one in found.items()},
        "goals": [
            {"what": goal.what, "value": value, "met": goal.is_met(value)}
            for goal in GOALS
            if all(name in found for name in goal.needs)
            for value in (goal.value(found),)
        ],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False))


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(
        cpu_us=statistics.median(one.cpu_us for one in figures),
        per_second=statistics.median(one.per_second for one in figures),
        resident_mb=statistics.median(one.resident_mb for one in figures),
        deliveries=figures[-1].deliveries,
        requests=figures[-1].requests,
        outcomes=figures[-1].outcomes,
        p50_ms=_median_or_none([one.p50_ms for one in figures]),
        p99_ms=_median_or_none([one.p99_ms for one in figures]),
    )


def _median_or_none(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _ms(value: float | None) -> str:
    return f"{value:>7.1f}" if value is not None else f"{'':>7}"


def _cpus() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else "unknown"


def _revision() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
