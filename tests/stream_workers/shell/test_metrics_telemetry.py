"""The metrics agent's happenings as Prometheus shows them."""

from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from stream_workers.shell.metrics_telemetry import MetricsTelemetry


def test_each_happening_is_a_metric_and_the_bad_ones_a_log_line():
    telemetry = MetricsTelemetry(CollectorRegistry(), "1.2.3")
    with capture_logs() as logs:
        telemetry.records_counted("outcomes", 3, 70, 1_000)
        telemetry.record_unreadable("outcomes", 3, 1_001, "no JSON")
        telemetry.chunk_failed("outcomes", 3, KeyError("a defect"))
        telemetry.store_unavailable("away")
        telemetry.reading_moved("attempts", 0, 5, 9)
        telemetry.hint_failed(KeyError("a defect"))
        telemetry.part_ended("hints")
    shown = generate_latest(telemetry.registry).decode()
    for line in (
        'patchbay_metrics_records_total{result="counted",topic="outcomes"} 70.0',
        'patchbay_metrics_records_total{result="unreadable",topic="outcomes"} 1.0',
        'patchbay_metrics_position_offset{partition="3",topic="outcomes"} 1000.0',
        'patchbay_internal_errors_total{place="metrics"} 1.0',
        'patchbay_internal_errors_total{place="hint"} 1.0',
        "patchbay_metrics_store_unavailable_total 1.0",
        'patchbay_metrics_reading_moved_total{topic="attempts"} 1.0',
        'patchbay_build_info{version="1.2.3"} 1.0',
    ):
        assert line in shown.splitlines()
    assert [entry["event"] for entry in logs] == [
        "metrics.record_unreadable",
        "metrics.chunk_failed",
        "metrics.store_unavailable",
        "metrics.reading_moved",
        "metrics.hint_failed",
        "metrics.part_ended",
    ]
