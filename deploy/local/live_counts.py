"""The numbers that `patchbay up` shows while it runs, summed over the workers' own metrics."""

import http.client
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from rich.table import Table

TIMEOUT_SECONDS = 1.0
OUTCOME_COLOURS = {"sent": "green", "removed": "blue", "skipped": "bright_black"}
ERROR_COLOUR = "red"


@dataclass(slots=True)
class Counts:
    """One look at the workers."""

    records: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    pending: int = 0
    in_flight: int = 0
    lag: int = 0
    answering: int = 0

    def line(self, workers: int) -> str:
        """One plain line."""
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        return (
            f"workers {self.answering}/{workers} | records {self.records} | {outcomes or 'nothing delivered yet'} | "
            f"pending {self.pending} | in flight {self.in_flight} | lag {self.lag}"
        )

    def table(self, workers: int) -> Table:
        """The same for a terminal."""
        table = Table(box=None, padding=(0, 2), show_header=False)
        table.add_row("workers", f"{self.answering} of {workers} answer")
        table.add_row("records read", f"{self.records:,}")
        for outcome, count in sorted(self.outcomes.items()):
            table.add_row(outcome, f"[{OUTCOME_COLOURS.get(outcome, ERROR_COLOUR)}]{count:,}[/]")
        table.add_row("pending", f"{self.pending:,}")
        table.add_row("in flight, lag", f"{self.in_flight:,}, {self.lag:,}")
        return table


class LiveCounts:
    """Counters survive the restart of a worker: what it had counted before is kept and added."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str], float] = {}
        self._before_restarts: dict[tuple[str, str], float] = {}

    def look(self, addresses: Iterable[str]) -> Counts:
        """Asks every worker; one that does not answer counts with what it said last."""
        counts = Counts()
        for address in addresses:
            samples = _scrape(address)
            if samples is None:
                continue
            counts.answering += 1
            counts.pending += int(samples.pop("pending", 0))
            counts.in_flight += int(samples.pop("in_flight", 0))
            counts.lag += int(samples.pop("lag", 0))
            self._remember(address, samples)
        for (address, name), value in self._latest.items():
            total = int(value + self._before_restarts.get((address, name), 0))
            if name == "records":
                counts.records += total
            else:
                counts.outcomes[name] = counts.outcomes.get(name, 0) + total
        return counts

    def _remember(self, address: str, samples: Mapping[str, float]) -> None:
        for name, value in samples.items():
            key = (address, name)
            if value < self._latest.get(key, 0):
                self._before_restarts[key] = self._before_restarts.get(key, 0) + self._latest[key]
            self._latest[key] = value


def _scrape(address: str) -> dict[str, float] | None:
    try:
        with urlopen(f"{address}/metrics", timeout=TIMEOUT_SECONDS) as answer:
            return sum_samples(answer.read().decode())
    except (OSError, http.client.HTTPException):  # it starts, or has just died: the watch says so
        return None


def sum_samples(text: str) -> dict[str, float]:
    """`records`, `pending`, `in_flight`, `lag` and one entry per outcome, from a worker's metrics."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = _NAMES.get(sample.name)
            if sample.name == "patchbay_deliveries_total":
                name = sample.labels["outcome"]
            if name is not None:
                sums[name] = sums.get(name, 0) + sample.value
    return sums


_NAMES = {
    "patchbay_records_total": "records",
    "patchbay_pending_rows": "pending",
    "patchbay_in_flight": "in_flight",
    "patchbay_lag_records": "lag",
}
