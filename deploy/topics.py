"""Makes the broker's topics what `connectors.records.topics` says: `patchbay topics apply`."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import CO_PARTITIONED, DEFAULT_PARTITIONS, TOPICS, Topic
from deploy.errors import CannotRun

TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 10.0
_KNOWN_PAUSE_SECONDS = 0.05
Result = TypeVar("Result")


class TopicsRefused(CannotRun):
    """The broker's topics cannot become what was asked for without harm; the message says why, topic by topic."""


class BrokerUnreachable(CannotRun):
    """No broker answered, or it refused the request; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic with its full name, as this installation wants it."""

    topic: Topic
    name: str
    partitions: int


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as the broker has it."""

    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one topic needs: nothing, to be created, more partitions, or other settings."""

    wanted: Wanted
    creates: bool = False
    grows_from: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """In words, for the table."""
        if self.creates:
            return "created"
        parts = [f"{self.grows_from} → {self.wanted.partitions} partitions"] if self.grows_from else []
        parts += [f"{name} = {value}" for name, value in self.config.items()]
        return ", ".join(parts) or "as it should be"


def wanted_topics(prefix: str, partitions: int | None) -> tuple[Wanted, ...]:
    """Every topic under its full name; `partitions` is the common count."""
    return tuple(
        Wanted(topic, prefix + topic.name, topic.partitions or partitions or DEFAULT_PARTITIONS) for topic in TOPICS
    )


def plan_changes(wanted: Sequence[Wanted], found: Mapping[str, Found]) -> tuple[Change, ...]:
    """What to change; raises `TopicsRefused` when a partition count would have to shrink or ordering would break."""
    refusals = [refusal for topic in wanted if (refusal := _refusal(topic, found.get(topic.name)))]
    if refusals:
        raise TopicsRefused("Nothing was changed:\n" + "\n".join(f"  {refusal}" for refusal in refusals))
    return tuple(_change(topic, found.get(topic.name)) for topic in wanted)


def apply_topics(settings: KafkaSettings, partitions: int | None = None, replication: int = 1) -> tuple[Change, ...]:
    """Creates and alters topics until they are as wanted; a second call changes nothing.

    Without `partitions` the count that the co-partitioned topics have is kept. Raises `TopicsRefused` before anything
    is changed, or `BrokerUnreachable`.
    """
    admin = AdminClient({**settings.librdkafka(), "log_level": 0})
    try:
        found = _found_topics(admin)
        names = {settings.topic_prefix + topic.name for topic in CO_PARTITIONED}
        common = partitions or max((found[name].partitions for name in names & found.keys()), default=None)
        wanted = wanted_topics(settings.topic_prefix, common)
        changes = plan_changes(wanted, _with_config(admin, {topic.name for topic in wanted}, found))
        _carry_out(admin, changes, replication)
        _wait_until_known(admin, {change.wanted.name for change in changes if change.creates})
    except KafkaException as error:
        problem = error.args[0]
        reason = problem.str() if isinstance(problem, KafkaError) else str(problem)
        raise BrokerUnreachable(f"Kafka at {settings.bootstrap_servers}: {reason}") from error
    return changes


def delete_topics(settings: KafkaSettings) -> None:
    """Removes the topics under the prefix; returns when the broker has taken the request."""
    admin = AdminClient({**settings.librdkafka(), "log_level": 0})
    names = [topic.name for topic in wanted_topics(settings.topic_prefix, None)]
    _all(admin.delete_topics(names, operation_timeout=0, request_timeout=TIMEOUT_SECONDS).values())


def _refusal(wanted: Wanted, found: Found | None) -> str | None:
    if found is None or found.partitions == wanted.partitions:
        return None
    if found.partitions > wanted.partitions:
        return f"{wanted.name} has {found.partitions} partitions; Kafka cannot take it back to {wanted.partitions}."
    if wanted.topic.ordered:
        return (
            f"{wanted.name} has {found.partitions} partitions; with {wanted.partitions} its keys ({wanted.topic.key}) "
            "would move to other partitions and their order would be lost."
        )
    return None


def _change(wanted: Wanted, found: Found | None) -> Change:
    if found is None:
        return Change(wanted, creates=True, config=wanted.topic.config)
    grows_from = found.partitions if found.partitions < wanted.partitions else None
    differing = {name: value for name, value in wanted.topic.config.items() if found.config.get(name) != value}
    return Change(wanted, grows_from=grows_from, config=differing)


def _found_topics(admin: Any) -> dict[str, Found]:
    topics = admin.list_topics(timeout=CONNECT_SECONDS).topics
    return {name: Found(len(topic.partitions), {}) for name, topic in topics.items()}


def _with_config(admin: Any, names: set[str], found: Mapping[str, Found]) -> dict[str, Found]:
    present = sorted(names & found.keys())
    if not present:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in present]
    answers = admin.describe_configs(resources, request_timeout=TIMEOUT_SECONDS).values()
    configs = {name: _config_or_none(answer) for name, answer in zip(present, answers, strict=True)}
    return {name: Found(found[name].partitions, config) for name, config in configs.items() if config is not None}


def _config_or_none(answer: "Future[Any]") -> dict[str, str] | None:
    """The config of a topic; `None` when it was deleted since it was listed."""
    try:
        return {key: entry.value for key, entry in answer.result(TIMEOUT_SECONDS).items()}
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise


def _wait_until_known(admin: Any, names: set[str]) -> None:
    """A created topic takes a moment to be known to every broker; whoever asks for it next should find it."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while names and names - _with_config(admin, names, _found_topics(admin)).keys():
        if time.monotonic() > deadline:
            raise BrokerUnreachable(f"Kafka did not make its new topics known within {TIMEOUT_SECONDS:.0f} s.")
        time.sleep(_KNOWN_PAUSE_SECONDS)


def _carry_out(admin: Any, changes: Iterable[Change], replication: int) -> None:
    changes = tuple(changes)
    create = [
        NewTopic(change.wanted.name, change.wanted.partitions, replication, config=dict(change.config))
        for change in changes
        if change.creates
    ]
    grow = [NewPartitions(change.wanted.name, change.wanted.partitions) for change in changes if change.grows_from]
    alter = [_alteration(change) for change in changes if change.config and not change.creates]
    if create:
        _create(admin, create)
    if grow:
        _all(admin.create_partitions(grow, operation_timeout=TIMEOUT_SECONDS).values())
    if alter:
        _all(admin.incremental_alter_configs(alter).values())


def _alteration(change: Change) -> ConfigResource:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in change.config.items()
    ]
    return ConfigResource(ResourceType.TOPIC, change.wanted.name, incremental_configs=entries)


def _all(futures: Iterable["Future[Result]"]) -> list[Result]:
    return [future.result(TIMEOUT_SECONDS) for future in futures]


def _create(admin: Any, topics: list[NewTopic]) -> None:
    for future in admin.create_topics(topics, operation_timeout=TIMEOUT_SECONDS).values():
        try:
            future.result(TIMEOUT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another `topics apply` was faster
                raise
