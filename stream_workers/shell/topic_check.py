"""Looking at the topics before anything starts: they exist, and those that must agree have one partition count."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from connectors.kit.errors import InvalidSettings

_ANSWER_SECONDS = 5.0
_PAUSE_SECONDS = 1.0


def wait_for_partition_count(
    options: dict[str, Any], topics: Sequence[str], waiting: Callable[[str], None], wanted: Callable[[], bool]
) -> int:
    """The common partition count of these topics; blocking. While Kafka or a topic is absent it waits, and says so.

    Raises `InvalidSettings` when the counts differ: order and takeover depend on them being equal. Returns 0 when it is
    not `wanted` any more.
    """
    admin = AdminClient({**options, "log_level": 0})
    while wanted():
        try:
            found = admin.list_topics(timeout=_ANSWER_SECONDS).topics
        except KafkaException as error:
            waiting(f"Kafka at {options['bootstrap.servers']} does not answer: {error.args[0].str()}")
            time.sleep(_PAUSE_SECONDS)
            continue
        missing = [topic for topic in topics if topic not in found]
        if not missing:
            return _common_count({topic: len(found[topic].partitions) for topic in topics})
        waiting(f"Kafka has no topic {missing[0]}; `patchbay topics apply` makes it.")
        time.sleep(_PAUSE_SECONDS)
    return 0


def _common_count(counts: dict[str, int]) -> int:
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{topic}: {count}" for topic, count in counts.items())
        raise InvalidSettings(f"These topics must have the same number of partitions, and do not: {listed}.")
    return next(iter(counts.values()))
