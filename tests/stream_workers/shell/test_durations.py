"""What a scrape shows is what Prometheus' own histogram would show."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from stream_workers.shell.durations import Durations

BOUNDS = (0.01, 0.5, 1, 60)


def test_a_scrape_reads_like_the_librarys_own_histogram():
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations = Durations("took_seconds", "How long.", "kind", BOUNDS, ours)
    histogram = Histogram("took_seconds", "How long.", ("kind",), buckets=BOUNDS, registry=theirs)
    for kind, seconds in (("webhook", 0.01), ("webhook", 0.011), ("webhook", 0.5), ("meta", 1), ("webhook", 61.5)):
        durations.observe(kind, seconds)
        histogram.labels(kind).observe(seconds)
    told = [line for line in generate_latest(theirs).splitlines() if b"_created" not in line]
    assert generate_latest(ours).splitlines() == told
    assert ours.get_sample_value("took_seconds_count", {"kind": "webhook"}) == 4
