"""What must be true after every fault, counted per id and never as totals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import decode
from connectors.records.delivery import DeadLetter, Outcome, PendingRow, RowState
from connectors.records.topics import DEAD_LETTERS, OUTCOMES, PENDING, PROFILE_EVENTS, Topic
from stream_workers.core.identity import POSITION_KEY

ACCEPTED = ("sent", "removed")
PATIENCE = 40
"""Looks at nothing, for six seconds, before a large topic counts as read: a busy broker may not answer for a while."""


class CommittedReader:
    """Reads a topic's committed records from the beginning, and later what has been added."""

    def __init__(self, settings: KafkaSettings, topic: Topic) -> None:
        self._consumer = Consumer(
            {
                **settings.librdkafka(),
                "group.id": "tests-unused",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )
        name = settings.topic_prefix + topic.name
        partitions = self._consumer.list_topics(name, timeout=20).topics[name].partitions
        self._ends: dict[int, bool] = dict.fromkeys(partitions, False)
        self._next: dict[int, int] = defaultdict(int)
        self.read_again = 0
        """Records that the consumer has given twice, after its broker was away: each counts once."""
        self._consumer.assign([TopicPartition(name, partition, 0) for partition in partitions])

    def news(self, patience: int = 3) -> list[Message]:
        """What has been committed since the last call; over after so many looks at nothing, or at every end."""
        found: list[Message] = []
        self._ends = dict.fromkeys(self._ends, False)
        idle = 0
        while not all(self._ends.values()) and idle < patience:
            polled = self._consumer.consume(10_000, 0.15)
            idle = 0 if polled else idle + 1
            for message in polled:
                error = message.error()
                if error is None:
                    self._ends[message.partition()] = False
                    self._take(message, found)
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._ends[message.partition()] = True
                elif not error.retriable():
                    raise KafkaException(error)
        return found

    def _take(self, message: Message, found: list[Message]) -> None:
        if message.offset() < self._next[message.partition()]:
            self.read_again += 1
        else:
            self._next[message.partition()] = message.offset() + 1
            found.append(message)

    def close(self) -> None:
        """Gives the connections back."""
        self._consumer.close()


def read_all(settings: KafkaSettings, topic: Topic, patience: int = 3) -> list[Message]:
    """Every committed record of a topic; more patience for one with large records."""
    reader = CommittedReader(settings, topic)
    try:
        return reader.news(patience)
    finally:
        reader.close()


@dataclass(repr=False)
class Ledger:
    """The outcomes as they come, by delivery. `wanted` are the (event id, action id) pairs that must end."""

    settings: KafkaSettings
    wanted: set[tuple[str, str]] = field(default_factory=set)
    outcomes: dict[tuple[str, int, int], list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    """By (delivery id, run, source offset)."""
    ended: set[tuple[str, str]] = field(default_factory=set)
    read_again: int = 0
    _reader: CommittedReader | None = None

    def want(self, event_ids: Iterable[str], *action_ids: str) -> None:
        """Each of these events must end once through each of these actions."""
        self.wanted |= {(event_id, action_id) for event_id in event_ids for action_id in action_ids}

    def read(self) -> int:
        """Reads what has been committed; the number of wanted deliveries that have ended."""
        if self._reader is None:
            self._reader = CommittedReader(self.settings, OUTCOMES)
        news = self._reader.news()
        self.read_again = self._reader.read_again
        for message in news:
            outcome = decode(Outcome, message.value())
            self.outcomes[outcome.delivery_id, outcome.run, outcome.source.offset].append(outcome)
            if outcome.event_id is not None:
                self.ended.add((outcome.event_id, outcome.action_id))
        return len(self.wanted & self.ended)

    def ends(self) -> int:
        """Reads what has been committed; the number of records' deliveries that have ended, wanted or not."""
        self.read()
        return len(self.outcomes)

    def is_complete(self) -> bool:
        """True when each wanted delivery has ended."""
        return self.read() == len(self.wanted)

    def missing(self) -> set[tuple[str, str]]:
        """The wanted deliveries without an end."""
        return self.wanted - self.ended

    def counted_twice(self) -> list[Outcome]:
        """Outcomes beyond the first of a delivery, its run and its source record."""
        return [outcome for found in self.outcomes.values() for outcome in found[1:]]

    def all(self) -> Iterator[Outcome]:
        """Every outcome."""
        for found in self.outcomes.values():
            yield from found

    def by_class(self) -> dict[str, int]:
        """How many outcomes of each class, skips with their reason."""
        counts: dict[str, int] = defaultdict(int)
        for outcome in self.all():
            name = f"skipped: {outcome.reason}" if outcome.outcome.value == "skipped" else outcome.outcome.value
            counts[name] += 1
        return dict(counts)

    def accepted(self) -> set[str]:
        """The delivery ids that ended `sent` or `removed`."""
        return {outcome.delivery_id for outcome in self.all() if outcome.outcome.value in ACCEPTED}

    def close(self) -> None:
        """Gives the connections back."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request at the partner."""

    profile: str
    change: str
    event_id: str
    delivery_id: str
    path: str
    at: float
    status: int | None


def arrivals(profiles: dict[str, list[dict[str, Any]]]) -> list[Arrival]:
    """What the simulator received, in the order of arrival per profile."""
    return [
        Arrival(profile, one["change"], one["event_id"], one["delivery_id"], one["path"], one["at"], one["status"])
        for profile, changes in profiles.items()
        for one in changes
    ]


def repeats(received: Iterable[Arrival]) -> int:
    """Requests beyond the first accepted one of each delivery."""
    accepted: set[str] = set()
    repeated = 0
    for arrival in sorted(received, key=lambda one: one.at):
        if arrival.delivery_id in accepted:
            repeated += 1
        elif arrival.status is not None and arrival.status < 300:
            accepted.add(arrival.delivery_id)
    return repeated


def keys_that_changed(received: Iterable[Arrival]) -> int:
    """Events that reached one path under more than one idempotency key."""
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    for arrival in received:
        keys[arrival.event_id, arrival.path].add(arrival.delivery_id)
    return sum(len(found) > 1 for found in keys.values())


def first_arrivals_out_of_order(received: Iterable[Arrival], order: dict[str, int]) -> int:
    """Per profile and path: events whose first arrival came after that of a newer one."""
    newest: dict[tuple[str, str], int] = {}
    seen: set[tuple[str, str]] = set()
    wrong = 0
    for arrival in sorted(received, key=lambda one: one.at):
        if (arrival.event_id, arrival.path) in seen:
            continue
        seen.add((arrival.event_id, arrival.path))
        lane = (arrival.profile, arrival.path)
        if order[arrival.event_id] < newest.get(lane, -1):
            wrong += 1
        newest[lane] = max(newest.get(lane, -1), order[arrival.event_id])
    return wrong


def wrong_final_states(received: Iterable[Arrival], newest: dict[str, str]) -> set[str]:
    """Profiles whose last accepted change is not their newest one. `newest` is event id by profile."""
    last: dict[str, str] = {}
    for arrival in sorted(received, key=lambda one: one.at):
        if arrival.status is not None and arrival.status < 300:
            last[arrival.profile] = arrival.event_id
    return {profile for profile, event_id in newest.items() if last.get(profile) != event_id}


def waiting_rows(settings: KafkaSettings) -> list[PendingRow]:
    """The rows of the `pending` topic that wait; parked ones are left out."""
    rows: dict[tuple[int, bytes], bytes | None] = {}
    for message in read_all(settings, PENDING):
        if message.key() != POSITION_KEY:
            rows[message.partition(), message.key()] = message.value()
    decoded = [decode(PendingRow, value) for value in rows.values() if value is not None]
    return [row for row in decoded if row.state is RowState.WAITING]


def dead_letters(settings: KafkaSettings, patience: int = 3) -> list[DeadLetter]:
    """Every dead letter."""
    return [decode(DeadLetter, message.value()) for message in read_all(settings, DEAD_LETTERS, patience)]


def source_records(settings: KafkaSettings, patience: int = 3) -> int:
    """How many records `profile-events` holds."""
    return len(read_all(settings, PROFILE_EVENTS, patience))
