"""A Kafka for tests: embedded by default, in a container with `--containers`; one set of topics per test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from connectors.kit.program_settings import KafkaSettings
from deploy.local.jars import KAFKA_VERSION
from deploy.local.kafka import EmbeddedKafka
from deploy.local.ports import free_port
from deploy.topics import apply_topics, delete_topics
from tests.support.waiting import eventually


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
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # not every machine has Docker

    port = free_port()
    container = DockerContainer(f"apache/kafka:{KAFKA_VERSION}").with_bind_ports(port, port)
    for name, value in _container_environment(port).items():
        container = container.with_env(name, value)
    with container:
        eventually(lambda: _answers(f"127.0.0.1:{port}"), within_seconds=60)
        yield RunningKafka(f"127.0.0.1:{port}")


def _container_environment(port: int) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:29093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


def _answers(address: str) -> bool:
    try:
        return bool(AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=1).brokers)
    except KafkaException:
        return False


def unique_prefix() -> str:
    """Put before topics, groups and transactional ids, so that tests on one broker do not meet."""
    return f"test-{uuid4().hex[:10]}-"


def _until_led(settings: KafkaSettings) -> None:
    """A topic exists before every partition of it has a leader."""
    admin = AdminClient(settings.librdkafka())
    known = admin.list_topics(timeout=20).topics
    mine = {name: topic.partitions for name, topic in known.items() if name.startswith(settings.topic_prefix)}
    wanted = {TopicPartition(name, number): OffsetSpec.latest() for name, numbers in mine.items() for number in numbers}
    assert wanted
    eventually(lambda: all(future.exception() is None for future in admin.list_offsets(wanted).values()))


@contextmanager
def topics_of_ones_own(bootstrap_servers: str, prefix: str, partitions: int) -> Iterator[KafkaSettings]:
    """The settings of an installation whose topics exist; they are deleted afterwards."""
    settings = KafkaSettings(bootstrap_servers=bootstrap_servers, topic_prefix=prefix)
    apply_topics(settings, partitions=partitions)
    _until_led(settings)
    try:
        yield settings
    finally:
        delete_topics(settings)
