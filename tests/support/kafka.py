"""A Kafka for tests: embedded by default, in a container with `--containers`; one set of topics per test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from connectors.kit.program_settings import KafkaSettings
from deploy.local.kafka import EmbeddedKafka
from deploy.topics import apply_topics, delete_topics


@dataclass(frozen=True, slots=True)
class RunningKafka:
    """A broker that tests share; who wants to stop or kill one starts an `EmbeddedKafka` of his own."""

    bootstrap_servers: str


@contextmanager
def embedded_kafka(folder: Path) -> Iterator[EmbeddedKafka]:
    """A broker of one's own, started; ends with the block."""
    broker = EmbeddedKafka(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def kafka_in_a_container() -> Iterator[RunningKafka]:
    """The same from the official image; needs a Docker engine."""
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415  # not every machine has Docker

    with KafkaContainer("apache/kafka:4.3.0").with_kraft() as container:
        yield RunningKafka(container.get_bootstrap_server())


def unique_prefix() -> str:
    """Put before topics, groups and transactional ids, so that tests on one broker do not meet."""
    return f"test-{uuid4().hex[:10]}-"


@contextmanager
def topics_of_ones_own(bootstrap_servers: str, prefix: str, partitions: int) -> Iterator[KafkaSettings]:
    """The settings of an installation whose topics exist; they are deleted afterwards."""
    settings = KafkaSettings(bootstrap_servers=bootstrap_servers, topic_prefix=prefix)
    apply_topics(settings, partitions=partitions)
    try:
        yield settings
    finally:
        delete_topics(settings)
