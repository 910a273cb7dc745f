"""Who should be in an audience, and who a partner has accepted: resync the whole, or find and repair the difference."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import SCHEMA_VERSION, UndecodableRecord, decode, decode_event, encode
from connectors.records.delivery import Outcome, OutcomeClass
from connectors.records.profile_event import Change, MembershipEvent, Source, SourceKind
from connectors.records.topics import OUTCOMES, PROFILE_EVENTS
from deploy.errors import CannotRun
from deploy.topics import BrokerUnreachable

_FETCH, _POLL_SECONDS, _ANSWER_SECONDS = 10_000, 0.5, 15.0


class Member(msgspec.Struct, frozen=True):
    """A line of a snapshot: a profile that is in the audience, or with `member: false` one that is not."""

    profile_id: str
    identifiers: dict[str, str | None] = {}
    attributes: dict[str, Any] = {}
    consent: tuple[str, ...] | None = None
    member: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """The audience (its source id), the actions that the state is for, and when the snapshot was true."""

    workspace: str
    audience: str
    actions: tuple[str, ...]
    as_of: datetime
    job: str


@dataclass(slots=True)
class Difference:
    """`missing` should be in and were not accepted; `surplus` were accepted and should not be in."""

    missing: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    agreed: int = 0


def read_snapshot(lines: Iterable[bytes]) -> Iterator[Member]:
    """The members of a snapshot of JSON lines; raises `CannotRun` that names the first bad line."""
    decoder = msgspec.json.Decoder(Member)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise CannotRun(f"line {number} of the snapshot is no member: {error}") from error


def state_event(member: Member, target: Target) -> MembershipEvent:
    """The member's state as an event of the audience, for the target's actions only.

    It happened when the snapshot was true, so that a change that came later wins over it.
    """
    return MembershipEvent(
        v=SCHEMA_VERSION,
        workspace=target.workspace,
        profile_id=member.profile_id,
        occurred_at=target.as_of,
        source=Source(SourceKind.AUDIENCE, target.audience),
        change=Change.JOINED if member.member else Change.LEFT,
        only=target.actions,
        event_id=f"{target.job}:{member.profile_id}",
        identifiers=member.identifiers,
        attributes=member.attributes,
        consent=member.consent,
    )


def event_lines(members: Iterable[Member], target: Target) -> Iterator[bytes]:
    """The states as lines for `deploy.sending.send_lines`."""
    return (encode(state_event(member, target)) for member in members)


def compare(members: Iterable[Member], accepted: dict[str, bool]) -> Difference:
    """Who should be in against who was accepted last (`True` after a join, `False` after a leave)."""
    wanted = {member.profile_id: member.member for member in members}
    difference = Difference()
    for profile_id, is_in in wanted.items():
        if is_in and not accepted.get(profile_id, False):
            difference.missing.append(profile_id)
        elif is_in:
            difference.agreed += 1
    difference.surplus = [profile for profile, is_in in accepted.items() if is_in and not wanted.get(profile, False)]
    return difference


def accepted_states(settings: KafkaSettings, action: str) -> dict[str, bool]:
    """What the partner accepted last of each profile through an action, from all outcomes that Kafka has (100 days)."""
    accepted: dict[str, bool] = {}
    for value in _read_all(settings, settings.topic_prefix + OUTCOMES.name):
        try:
            outcome = decode(Outcome, value)
        except UndecodableRecord:
            continue
        if outcome.action_id == action and outcome.outcome in (OutcomeClass.SENT, OutcomeClass.REMOVED):
            accepted[outcome.profile_id] = outcome.outcome is OutcomeClass.SENT
    return accepted


def last_known(settings: KafkaSettings, profiles: set[str]) -> dict[str, Member]:
    """Identifiers of profiles from the events that Kafka still has: a removal needs them."""
    known: dict[str, Member] = {}
    for value in _read_all(settings, settings.topic_prefix + PROFILE_EVENTS.name):
        try:
            event = decode_event(value)
        except UndecodableRecord:
            continue
        if event.profile_id in profiles and event.identifiers:
            known[event.profile_id] = Member(
                event.profile_id, event.identifiers, event.attributes, event.consent, member=False
            )
    return known


def read_snapshot_topic(settings: KafkaSettings, topic: str) -> Iterator[Member]:
    """A snapshot from a compacted topic: the latest member record of each key, tombstones left out."""
    latest = dict(_messages(settings, topic))
    return read_snapshot(value for value in latest.values() if value is not None)


def _read_all(settings: KafkaSettings, topic: str) -> Iterator[bytes]:
    return (value for _key, value in _messages(settings, topic) if value is not None)


def _messages(settings: KafkaSettings, topic: str) -> Iterator[tuple[bytes, bytes | None]]:
    consumer = Consumer(
        {
            **settings.librdkafka(),
            "group.id": "patchbay-unused",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
    )
    try:
        found = consumer.list_topics(topic, timeout=_ANSWER_SECONDS).topics[topic]
        if found.error is not None:
            raise CannotRun(f"Kafka has no topic {topic}.")
        open_partitions = set(found.partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in open_partitions])
        while open_partitions:
            for message in consumer.consume(_FETCH, _POLL_SECONDS):
                error = message.error()
                if error is None:
                    yield message.key() or b"", message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition())
                elif not error.retriable():
                    raise BrokerUnreachable(f"Kafka at {settings.bootstrap_servers}: {error.str()}")
    except KafkaException as error:
        raise BrokerUnreachable(f"Kafka at {settings.bootstrap_servers}: {error.args[0].str()}") from error
    finally:
        consumer.close()
