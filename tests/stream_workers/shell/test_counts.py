"""What a scrape shows is what Prometheus' own counter would show."""

from prometheus_client import CollectorRegistry, Counter, generate_latest

from stream_workers.shell.counts import Counts


def test_a_scrape_reads_like_the_librarys_own_counter():
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts = Counts("ended", "How many.", ("kind", "outcome"), ours)
    counter = Counter("ended", "How many.", ("kind", "outcome"), registry=theirs)
    for labels in (("webhook", "sent"), ("meta", 'an "odd"\nname'), ("webhook", "sent")):
        counts.add(*labels)
        counter.labels(*labels).inc()
    told = [line for line in generate_latest(theirs).splitlines() if b"_created" not in line]
    assert generate_latest(ours).splitlines() == told
    assert ours.get_sample_value("ended_total", {"kind": "webhook", "outcome": "sent"}) == 2
