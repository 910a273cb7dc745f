"""What the metrics agent costs per outcome: `python -m tests.bench.metrics_table [database url]`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry

from connectors.records import codec
from connectors.records.delivery import Outcome, OutcomeClass, SourcePosition
from connectors.records.metrics_table import metadata
from stream_workers.agents.outcomes import OutcomeDeps, OutcomeFolder
from stream_workers.core import outcome_counts
from stream_workers.shell.metrics_store import MetricsStore, open_metrics_engine
from stream_workers.shell.metrics_telemetry import MetricsTelemetry

OUTCOMES = 40_000
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def log(errors_in_a_hundred: int) -> list[SimpleNamespace]:
    """Outcomes of ten connectors with five actions each, 2,000 a second."""
    return [SimpleNamespace(offset=offset, value=_outcome(offset, errors_in_a_hundred)) for offset in range(OUTCOMES)]


def _outcome(offset: int, errors_in_a_hundred: int) -> bytes:
    failed = offset % 100 < errors_in_a_hundred
    return codec.encode(
        Outcome(
            v=1,
            workspace="default",
            delivery_id=f"{offset:032x}",
            profile_id=f"profile-{offset % 5000}",
            connector_id=f"con_{offset % 10:012}",
            action_id=f"act_{offset % 50:012}",
            config_version=7,
            outcome=OutcomeClass.PARTNER_ERROR if failed else OutcomeClass.SENT,
            source=SourcePosition(offset % 8, offset),
            at=NOON + timedelta(milliseconds=offset / 2),
            event_id=f"evt_{offset}",
            reason="rejected" if failed else None,
            partner_code=str(offset % 7) if failed else None,
            http_status=400 if failed else 200,
            attempts=1,
            latency_ms=offset % 400,
            end_to_end_ms=offset % 900,
        )
    )


def fold_alone(records: Sequence[SimpleNamespace]) -> float:
    """Microseconds of decoding and folding."""
    tally, began = outcome_counts.initialize(), time.process_time()
    for record in records:
        outcome_counts.add_outcome(tally, codec.decode(Outcome, record.value), 0, record.offset)
    return (time.process_time() - began) / len(records) * 1e6


async def with_database(url: str, records: Sequence[SimpleNamespace], chunk: int) -> tuple[float, float]:
    """Microseconds per outcome: CPU of this process, and wall time."""
    engine = open_metrics_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)

    async def stay(*_: Any) -> None: ...

    folder = OutcomeFolder(
        OutcomeDeps(MetricsStore(engine), MetricsTelemetry(CollectorRegistry(), "bench"), lambda *_: True, stay)
    )
    await folder.take("outcomes", 0, records[:chunk])
    cpu, wall, rest = time.process_time(), time.perf_counter(), records[chunk:]
    for start in range(0, len(rest), chunk):
        await folder.take("outcomes", 0, rest[start : start + chunk])
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    await engine.dispose()
    return cpu / len(rest) * 1e6, wall / len(rest) * 1e6


async def measure(url: str) -> None:
    """Print the table."""
    print(f"{'errors':>7} {'chunk':>6} {'fold µs':>8} {'CPU µs':>8} {'wall µs':>8}   per outcome")
    for errors in (0, 5):
        records = log(errors)
        for chunk in (50, 500, 5000):
            folded = fold_alone(records)
            cpu, wall = await with_database(url, records, chunk)
            print(f"{errors:>6}% {chunk:>6} {folded:>8.2f} {cpu:>8.2f} {wall:>8.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/metrics.sqlite"))
