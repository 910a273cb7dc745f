"""The delivery engine in memory: a log that keeps what is committed, a partner that obeys, a clock of ours."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from connectors.kit.exchange import NOT_SENT, Answer, NotSent, PartnerRequest, PartnerResponse, Sender
from connectors.kit.registry import Registry
from connectors.records.codec import decode
from connectors.records.config import ConfigRecord, ConnectorConfig, config_key
from connectors.records.delivery import DeadLetter, Outcome, PendingRow, Position
from connectors.records.profile_event import MembershipEvent, PlainEvent
from stream_workers.core.config_view import fold
from stream_workers.core.delivering import RetryPolicy
from stream_workers.core.live_config import LiveConnector, make_live
from stream_workers.engine.attempts import Attempts
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.engine import DeliveryEngine, EnginePolicy, Hands
from stream_workers.engine.intake import Intake
from stream_workers.engine.slots import SlotPolicy
from stream_workers.engine.surroundings import Surroundings
from stream_workers.engine.tokens import Tokens
from stream_workers.shell.partition_log import Unit
from stream_workers.shell.partition_reader import RecentRange, RecentRecord, RowRecord, Take
from stream_workers.shell.telemetry import Telemetry
from tests.support.acme import ACME
from tests.support.builders import NOON_MS, event_bytes
from tests.support.fake_clock import FakeClock
from tests.support.refresh_tokens import RefreshTokensInMemory

KINDS = {"ConnectorConfig": "connector", "AudienceConfig": "audience", "JourneyConfig": "journey", "FeedConfig": "feed"}


@dataclass
class FakeLog:
    """What Kafka would hold of one partition. `fail_with` is raised by the next commits, in order."""

    outcomes: list[Outcome] = field(default_factory=list)
    rows: dict[bytes, bytes] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    attempts: list[bytes] = field(default_factory=list)
    position: Position | None = None
    records: list[RecentRecord] = field(default_factory=list)
    fail_with: deque[Exception] = field(default_factory=deque)
    commits: int = 0
    read: int = 0
    """How often everything was read, …"""
    looked: int = 0
    """… and how often only the position."""

    async def take_over(self, take: Take[RowRecord]) -> Position | None:
        """What is committed."""
        self.read += 1
        take(list(self.rows.items()))
        return self.position

    async def newest_position(self) -> Position | None:
        """How far it is."""
        self.looked += 1
        return self.position

    async def recent(self, wanted: RecentRange, take: Take[RecentRecord]) -> None:
        """The records below `until`."""
        recent = [one for one in self.records if one.offset < wanted.until and one.appended_at >= wanted.since_ms]
        take(recent[-wanted.at_most :])

    async def commit(self, unit: Unit, position: Position) -> None:
        """All or nothing."""
        if self.fail_with:
            raise self.fail_with.popleft()
        self.commits += 1
        self.outcomes += [decode(Outcome, value) for _key, value in unit.outcomes]
        self.dead_letters += [decode(DeadLetter, value) for _key, value in unit.dead_letters]
        self.attempts += [value for _key, value in unit.attempts]
        for key, value in unit.rows.items():
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value
        self.position = position

    async def close(self) -> None:
        """Nothing to give back."""

    def pending_rows(self) -> list[PendingRow]:
        """The rows that are committed."""
        return [decode(PendingRow, value) for value in self.rows.values()]


@dataclass
class FakePartner(Sender):
    """Answers 200, or what `answer` gives; `hold` keeps requests waiting, those of one connector or all."""

    answer: Callable[[PartnerRequest], Answer] = lambda _request: PartnerResponse(200)
    requests: list[dict[str, Any]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    held_connector: str | None = None
    running: int = 0

    async def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool] | None = None,
    ) -> Answer | NotSent:
        """Keep the body, and answer."""
        await asyncio.sleep(0)
        if still_wanted is not None and not still_wanted():
            return NOT_SENT
        self.requests.append(msgspec.json.decode(request.body))
        self.running += 1
        try:
            if self.hold is not None and self.held_connector in (None, connector_id):
                await self.hold.wait()
            return self.answer(request)
        finally:
            self.running -= 1

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    def forget(self, connector_id: str) -> None:
        """Nothing to do."""

    def received(self) -> list[tuple[str, str]]:
        """(profile, change) of every row, in the order of arrival."""
        return [(row["profile_id"], row["change"]) for request in self.requests for row in request["rows"]]


class Bench:
    """An engine with one or more partitions, and everything around it in reach."""

    def __init__(self, **policy: Any) -> None:
        self.clock = FakeClock()
        self.partner = FakePartner()
        self.logs: dict[int, FakeLog] = defaultdict(FakeLog)
        self.telemetry = Telemetry(CollectorRegistry(), "test")
        self.may_send = True
        self.holds_lease = True
        self.seeks: list[tuple[int, int]] = []
        self.followed: list[tuple[int, int]] = []
        self.left: list[int] = []
        """Of which partitions the commands are wanted from where, and no more."""
        self.next_offset: dict[int, int] = defaultdict(int)
        self._config_offset = 0
        self.policy = policy
        self.engine = self._build()

    def _build(self) -> DeliveryEngine:
        endings = Endings(self.clock, self.telemetry, "profile-events")
        dispatcher = Dispatcher(
            self.clock, endings, SlotPolicy(slots=self.policy.get("slots", 64)), lambda: self.may_send
        )
        surroundings = Surroundings(self.clock, self.telemetry, RetryPolicy(), lambda: 0.999, lambda: self.may_send)
        tokens = Tokens(self.partner, self.clock, RefreshTokensInMemory())
        dispatcher.slots.attempt_with(Attempts(dispatcher, endings, self.partner, tokens, surroundings).begin)
        hands = Hands(
            self.clock,
            self.telemetry,
            lambda number: self.logs[number],
            lambda: self.holds_lease,
            self._seek,
            lambda *place: self.followed.append(place),
            self.left.append,
        )
        intake = Intake(dispatcher, endings, self.clock, self.telemetry)
        return DeliveryEngine(
            dispatcher, intake, hands, EnginePolicy(commit_interval=0.001, release_seconds=0.2, rows_in_memory=1)
        )

    async def _seek(self, partition: int, offset: int) -> None:
        self.seeks.append((partition, offset))

    def publish(self, *records: ConfigRecord) -> None:
        """Config records arrive."""
        changes = []
        for record in records:
            key = config_key(KINDS[type(record).__name__], record.id)
            changes.append((self._config_offset, key, record))
            self._config_offset += 1
        self.engine.apply(fold(self.engine.dispatcher.view, changes, self._live))

    def delete(self, kind: str, record_id: str) -> None:
        """A tombstone arrives."""
        change = (self._config_offset, config_key(kind, record_id), None)
        self._config_offset += 1
        self.engine.apply(fold(self.engine.dispatcher.view, [change], self._live))

    def _live(self, record: ConnectorConfig) -> LiveConnector:
        return make_live(record, Registry([ACME]).get(record.type), lambda _id, _field, sealed: sealed)

    def own(self, *partitions: int) -> None:
        """The group gives us partitions."""
        self.engine.own(set(partitions or (0,)))

    def record(self, event: MembershipEvent | PlainEvent, partition: int = 0, **changes: Any) -> SimpleNamespace:
        """The event as the next record of a partition."""
        offset = changes.get("offset", self.next_offset[partition])
        self.next_offset[partition] = offset + 1
        value = changes.get("value", event_bytes(event))
        record = SimpleNamespace(
            topic="profile-events",
            partition=partition,
            offset=offset,
            timestamp=changes.get("timestamp", NOON_MS + 3_600_000),
            key=changes.get("key", event.profile_id.encode()),
            value=value,
        )
        if value is not None:
            self.logs[partition].records.append(RecentRecord(value, offset, record.timestamp))
        return record

    def feed(self, *events: MembershipEvent | PlainEvent, partition: int = 0) -> None:
        """Events arrive in one chunk."""
        self.engine.feed(partition, [self.record(event, partition) for event in events])

    async def until(self, condition: Callable[[], Any], seconds: float = 20.0) -> None:
        """Let the loop turn until the condition holds; fails when it never does."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError("the condition never held")
            await asyncio.sleep(0.001)

    async def settle(self, partition: int = 0) -> None:
        """Until every record that was fed is finished and committed."""
        log = self.logs[partition]
        await self.until(lambda: log.position is not None and log.position.next == self.next_offset[partition])

    async def pass_time(self, seconds: float) -> None:
        """Time passes; whatever is due is called."""
        self.clock.advance(seconds)
        self.engine.dispatcher.wake()
        await asyncio.sleep(0)

    def outcomes(self, partition: int = 0) -> list[tuple[str, str, str | None]]:
        """(profile, outcome, reason) in the order of their commits."""
        return [(one.profile_id, one.outcome.value, one.reason) for one in self.logs[partition].outcomes]
