"""The newest events of `profile-events`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import UndecodableRecord, decode_event
from connectors.records.profile_event import ProfileEvent
from connectors.records.topics import PROFILE_EVENTS
from control_plane.sample.topic_tail import RECORDS, TopicTail
from control_plane.sample.topic_tail import TopicUnreadable as EventsUnreadable

__all__ = ["RECORDS", "EventsUnreadable", "KafkaRecentEvents", "RecentEvents", "Sample", "Tail"]


@dataclass(frozen=True, slots=True)
class Sample:
    """An event, and where it stands; `at` is when Kafka took it."""

    partition: int
    offset: int
    at: datetime
    event: ProfileEvent


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest events of every workspace, the newest first, out of so many records."""

    samples: tuple[Sample, ...] = ()
    searched: int = 0


class RecentEvents(Protocol):
    """Where samples come from; the tests have one of their own."""

    async def newest(self) -> Tail:
        """The newest events; raises `EventsUnreadable`."""


class KafkaRecentEvents:
    """The real one."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._tail = TopicTail(settings, PROFILE_EVENTS, _tail_of)

    async def newest(self) -> Tail:
        """The newest events; raises `EventsUnreadable`."""
        return await self._tail.newest()


def _tail_of(messages: Sequence[Any]) -> Tail:
    samples = sorted(filter(None, map(_sample, messages)), key=lambda sample: sample.at, reverse=True)
    return Tail(tuple(samples), len(messages))


def _sample(message: Any) -> Sample | None:
    try:
        event = decode_event(message.value() or b"")
    except UndecodableRecord:
        return None  # the workers make a dead letter of it
    at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
    return Sample(message.partition(), message.offset(), at, event)
