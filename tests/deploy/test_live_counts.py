"""The numbers on the screen are sums over the workers, and survive a worker's restart."""

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from deploy.local.live_counts import LiveCounts, sum_samples
from deploy.local.ports import free_port


def worker(sent, *, pending=0, port=None):
    registry = CollectorRegistry()
    deliveries = Counter("patchbay_deliveries", "-", ("connector_id", "action_id", "outcome"), registry=registry)
    deliveries.labels("con_1", "act_1", "sent").inc(sent)
    deliveries.labels("con_1", "act_2", "sent").inc(1)
    Counter("patchbay_records", "-", ("result",), registry=registry).labels("decoded").inc(sent)
    Gauge("patchbay_pending_rows", "-", registry=registry).set(pending)
    port = port or free_port()
    server, thread = start_http_server(port, "127.0.0.1", registry)

    def stop():
        server.shutdown()
        thread.join()
        server.server_close()

    return f"http://127.0.0.1:{port}", port, stop


def test_counts_are_summed_over_workers_and_one_that_does_not_answer_is_left_out():
    first, _, stop_first = worker(10, pending=3)
    second, _, stop_second = worker(5, pending=4)
    try:
        counts = LiveCounts().look([first, second, f"http://127.0.0.1:{free_port()}"])
    finally:
        stop_first()
        stop_second()

    assert (counts.records, counts.outcomes, counts.pending, counts.answering) == (15, {"sent": 17}, 7, 2)
    assert counts.line(3).startswith("workers 2/3 | records 15 | 17 sent | pending 7")


def test_what_a_worker_counted_before_it_was_restarted_is_kept():
    live = LiveCounts()
    address, port, stop = worker(10)
    live.look([address])
    stop()
    assert live.look([address]).outcomes == {"sent": 11}

    _, _, stop = worker(2, port=port)
    try:
        assert live.look([address]).outcomes == {"sent": 14}
    finally:
        stop()


def test_other_metrics_are_left_alone():
    assert sum_samples("# TYPE other_total counter\nother_total 5.0\n") == {}
