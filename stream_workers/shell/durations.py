"""A histogram that is kept as plain numbers and becomes Prometheus' only when it is asked for."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Durations(Collector):
    """Seconds by one label. All calls come from one event loop, so that nothing needs the locks of the library."""

    def __init__(self, name: str, help_: str, label: str, bounds: Iterable[float], registry: CollectorRegistry) -> None:
        self._name, self._help, self._label = name, help_, label
        self._bounds = tuple(float(bound) for bound in bounds)
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        registry.register(self)

    def observe(self, value: str, seconds: float) -> None:
        """Something of this label value took so long."""
        counts = self._counts.get(value)
        if counts is None:
            counts = self._counts[value] = [0] * (len(self._bounds) + 1)
            self._sums[value] = 0.0
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[value] += seconds

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Asked once, when it is registered."""
        yield HistogramMetricFamily(self._name, self._help, labels=(self._label,))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Asked with every scrape."""
        family = HistogramMetricFamily(self._name, self._help, labels=(self._label,))
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        for value, counts in self._counts.items():
            total, buckets = 0, []
            for name, count in zip(names, counts, strict=True):
                total += count
                buckets.append((name, float(total)))
            family.add_metric([value], buckets, self._sums[value])
        yield family
