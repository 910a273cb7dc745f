"""`make bench`: every scenario several times, in turn, and what came out as ratios. See docs/performance.md."""

import argparse
import time
from collections import defaultdict
from pathlib import Path

from stream_workers.shell.telemetry import DELIVERY_PATH
from tests.bench.measuring import Figures, TooFew
from tests.bench.report import table, write_json
from tests.bench.scenarios import SCENARIOS, Ground, logs
from tests.support.kafka import embedded_kafka


def main() -> None:
    """Runs are interleaved, so that a noisy minute of the machine falls on all contestants alike."""
    options = _options()
    names = options.only.split(",") if options.only else list(SCENARIOS)
    runs: defaultdict[str, list[Figures]] = defaultdict(list)
    incomplete: list[str] = []
    started = time.monotonic()
    with logs() as folder, embedded_kafka(folder / "kafka") as broker:
        ground = Ground(broker.bootstrap_servers, folder, options.events)
        for number in range(1, options.runs + 1):
            for name in names:
                took = f"{time.monotonic() - started:5.0f} s  run {number}/{options.runs} "
                try:
                    measured = SCENARIOS[name](ground)
                except TooFew as few:
                    incomplete.append(f"{name}: {few} {' '.join(getattr(few, '__notes__', ()))}")
                    print(f"{took} {incomplete[-1]}", flush=True)
                    continue
                for contestant, figures in measured.items():
                    runs[contestant].append(figures)
                    print(f"{took} {contestant:10} {_line(figures)}", flush=True)
    print(f"\n{table(runs)}")
    print(f"\nThe delivery path was {DELIVERY_PATH}.")
    print("\n".join(f"INCOMPLETE {one}" for one in incomplete))
    path = options.results / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    write_json(runs, incomplete, path)
    print(path)


def _line(figures: Figures) -> str:
    tail = f", p99 {figures.p99_ms:.1f} ms" if figures.p99_ms is not None else ""
    return f"{figures.cpu_us:7.1f} µs CPU, {figures.per_second:7.0f}/s, {figures.resident_mb:4.0f} MB{tail}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--only", help=f"some of {','.join(SCENARIOS)}")
    parser.add_argument("--events", type=int, default=30_000, help="events per run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--results", type=Path, default=Path("bench-results"))
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - SCENARIOS.keys() if options.only else set()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
