"""What every suite shares: one Kafka for the whole run, topics of its own for each test that wants them."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from connectors.kit.program_settings import KafkaSettings
from deploy.local.jars import JarsUnavailable
from deploy.local.kafka import KafkaDidNotStart
from tests.support.kafka import (
    RunningKafka,
    embedded_kafka,
    kafka_in_a_container,
    topics_of_ones_own,
    unique_prefix,
)

settings.register_profile("patchbay", settings(), deadline=None)  # time decides no test
settings.load_profile("patchbay")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--containers", action="store_true", help="take Kafka from a container, and run the Docker suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    no_docker = pytest.mark.skip(reason="needs a Docker engine; run with --containers")
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")
        if item.get_closest_marker("docker") and not config.getoption("--containers"):
            item.add_marker(no_docker)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One broker for the whole run. Never stop it."""
    if request.config.getoption("--containers"):
        with kafka_in_a_container() as container:
            yield container
        return
    try:
        broker = embedded_kafka(tmp_path_factory.mktemp("kafka"))
        with broker as running:
            yield RunningKafka(running.bootstrap_servers)
    except (JarsUnavailable, KafkaDidNotStart) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Kafka here: {error}")


@pytest.fixture
def partitions() -> int:
    """The common partition count of `kafka_settings`; a module that wants another overrides this fixture."""
    return 4


@pytest.fixture
def topic_prefix() -> str:
    """A prefix that no other test has; no topics exist under it."""
    return unique_prefix()


@pytest.fixture
def kafka_settings(kafka: RunningKafka, topic_prefix: str, partitions: int) -> Iterator[KafkaSettings]:
    """An installation of one's own on the shared broker: every topic exists, under `topic_prefix`."""
    with topics_of_ones_own(kafka.bootstrap_servers, topic_prefix, partitions) as settings:
        yield settings
