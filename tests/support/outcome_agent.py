"""A metrics agent with everything around it: a consumer that goes where it is told, a clock, databases that fail."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.records.metrics_table import outcome_counts_daily
from stream_workers.agents.outcomes import OutcomeDeps, OutcomeFolder
from stream_workers.shell.metrics_store import MetricsStore, MetricsStoreUnavailable
from tests.support.outcome_records import Record, RememberingTelemetry, outcome_record
from tests.support.recount import DAY, recount, stored_counts

# Every tenth offset is a transaction marker.
LOG = tuple(outcome_record(offset) for offset in range(400) if offset % 10 != 9)
VALUES = [record.value for record in LOG]


class Consumer:
    """One partition's reader: hands out chunks as the transport does, and goes where it is told."""

    def __init__(self, log: Sequence[Record] = LOG, topic: str = "outcomes", chunk: int = 70) -> None:
        self.log, self.topic, self.chunk = log, topic, chunk
        self.next = 0
        self.is_mine = True
        self.moves: list[int] = []

    async def rewind(self, topic: str, partition: int, offset: int) -> None:
        assert (topic, partition) == (self.topic, 0)
        self.moves.append(offset)
        self.next = offset

    def poll(self) -> list[Record]:
        chunk = [record for record in self.log if record.offset >= self.next][: self.chunk]
        if chunk:
            self.next = chunk[-1].offset + 1
        return chunk

    async def drive(self, folder: OutcomeFolder, chunks: int | None = None) -> None:
        while chunks != 0 and (chunk := self.poll()):
            await folder.take(self.topic, 0, chunk)
            chunks = chunks and chunks - 1


class Clock:
    """Time that passes only by sleeping, and things that happen meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self.on_wait = lambda: None

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)
        self.on_wait()

    def monotonic(self) -> float:
        return self.now


class Agent:
    """A folder with everything around it."""

    def __init__(self, store: MetricsStore, consumer: Consumer | None = None, **deps) -> None:
        self.telemetry, self.clock = RememberingTelemetry(), Clock()
        self.consumer = consumer or Consumer()
        self.folder = OutcomeFolder(
            OutcomeDeps(
                store=store,
                telemetry=self.telemetry,
                is_mine=lambda *_: self.consumer.is_mine,
                rewind=self.consumer.rewind,
                sleep=self.clock.sleep,
                monotonic=self.clock.monotonic,
                **deps,
            )
        )

    async def drive(self, chunks: int | None = None) -> None:
        await self.consumer.drive(self.folder, chunks)


async def assert_exact(engine: AsyncEngine, values: Sequence[bytes | None] = VALUES) -> None:
    readable = [value for value in values if value]
    assert await stored_counts(engine) == recount(readable)
    assert await stored_counts(engine, outcome_counts_daily) == recount(readable, bucket_seconds=DAY)


class Flaky(MetricsStore):
    """Fails before, or after, every other transaction: as when the answer to COMMIT is lost."""

    calls = 0

    async def apply(self, advance, counts):
        self.calls += 1
        if self.calls % 3 == 1:
            raise MetricsStoreUnavailable("gone before")
        answer = await super().apply(advance, counts)
        if self.calls % 3 == 2:
            raise MetricsStoreUnavailable("gone after")
        return answer


class Away(MetricsStore):
    async def position(self, topic, partition):
        raise MetricsStoreUnavailable("away")
