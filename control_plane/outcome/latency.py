"""How long things took: percentiles out of the kept histograms; pure."""

from collections.abc import Mapping

from connectors.records.metrics_grain import LATENCY_BUCKETS_MS, SLOWER_MS
from control_plane.outcome.schemas import Latencies, LatencyRead

Histogram = Mapping[int, int]
"""So many within each upper bound, in milliseconds; `SLOWER_MS` has what is beyond the last one."""


def read_latencies(histograms: Mapping[str, Histogram]) -> Latencies:
    """Of each kind that was measured."""
    return Latencies(attempt=_read(histograms.get("attempt", {})), end_to_end=_read(histograms.get("end_to_end", {})))


def percentile(histogram: Histogram, share: float) -> int:
    """Within its bucket as if values were spread evenly; what is slower than every bound counts as the last bound."""
    wanted, lower, seen = share * sum(histogram.values()), 0, 0
    for upper in LATENCY_BUCKETS_MS:
        here = histogram.get(upper, 0)
        if here and seen + here >= wanted:
            return round(lower + (upper - lower) * (wanted - seen) / here)
        seen, lower = seen + here, upper
    return lower


def _read(histogram: Histogram) -> LatencyRead | None:
    count = sum(histogram.values())
    if not count:
        return None
    return LatencyRead(
        count=count,
        p50_ms=percentile(histogram, 0.5),
        p95_ms=percentile(histogram, 0.95),
        p99_ms=percentile(histogram, 0.99),
        slowest=histogram.get(SLOWER_MS, 0),
    )
