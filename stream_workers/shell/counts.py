"""A counter that is kept as plain numbers and becomes Prometheus' only when it is asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector


class Counts(Collector):
    """Counts by label values. All calls come from one event loop, so that nothing needs the locks of the library."""

    def __init__(self, name: str, help_: str, labels: tuple[str, ...], registry: CollectorRegistry) -> None:
        self._name, self._help, self._labels = name, help_, labels
        self._counts: dict[tuple[str, ...], int] = {}
        registry.register(self)

    def add(self, *values: str) -> None:
        """One more of these label values."""
        self._counts[values] = self._counts.get(values, 0) + 1

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Asked once, when it is registered."""
        yield CounterMetricFamily(self._name, self._help, labels=self._labels)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Asked with every scrape, in another thread."""
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for values, count in list(self._counts.items()):
            family.add_metric([str(value) for value in values], count)
        yield family
