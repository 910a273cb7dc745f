"""The newest records of `outcomes`: they tell of single deliveries that went well or were skipped, too."""

from collections.abc import Sequence
from typing import Any, Protocol

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import UndecodableRecord, decode
from connectors.records.delivery import Outcome
from connectors.records.topics import OUTCOMES
from control_plane.sample.topic_tail import TopicTail

Outcomes = tuple[Outcome, ...]


class RecentOutcomes(Protocol):
    """Where they come from; the tests have one of their own."""

    async def newest(self) -> Outcomes:
        """The newest outcomes of every workspace; raises `TopicUnreadable`."""


class KafkaRecentOutcomes:
    """The real one."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._tail = TopicTail(settings, OUTCOMES, _outcomes)

    async def newest(self) -> Outcomes:
        """What is committed; raises `TopicUnreadable`."""
        return await self._tail.newest()


def _outcomes(messages: Sequence[Any]) -> Outcomes:
    return tuple(filter(None, map(_outcome, messages)))


def _outcome(message: Any) -> Outcome | None:
    try:
        return decode(Outcome, message.value() or b"")
    except UndecodableRecord:
        return None  # the metrics agent counts it as unreadable
