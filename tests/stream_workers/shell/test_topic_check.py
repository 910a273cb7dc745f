"""Before a worker starts: the topics are there and agree, or it says plainly what is wrong."""

import threading

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.kit.errors import InvalidSettings
from connectors.records.topics import CO_PARTITIONED
from stream_workers.shell.topic_check import wait_for_partition_count


def names(settings):
    return [settings.topic_prefix + topic.name for topic in CO_PARTITIONED]


def test_the_common_partition_count_is_found(kafka_settings, partitions):
    options = kafka_settings.librdkafka()
    assert wait_for_partition_count(options, names(kafka_settings), lambda _: None, lambda: True) == partitions


def test_topics_that_differ_are_named(kafka_settings):
    odd = kafka_settings.topic_prefix + "odd"
    admin = AdminClient(kafka_settings.librdkafka())
    admin.create_topics([NewTopic(odd, 3, 1)])[odd].result(20)
    with pytest.raises(InvalidSettings, match="same number of partitions"):
        wait_for_partition_count(
            kafka_settings.librdkafka(), [*names(kafka_settings), odd], lambda _: None, lambda: True
        )


def test_it_waits_for_a_topic_and_says_which(kafka_settings):
    late = kafka_settings.topic_prefix + "late"
    admin = AdminClient(kafka_settings.librdkafka())
    said = []

    def waiting(detail):
        if not said:
            admin.create_topics([NewTopic(late, 4, 1)])
        said.append(detail)

    assert wait_for_partition_count(kafka_settings.librdkafka(), [late], waiting, lambda: True) == 4
    assert late in said[0]
    assert "topics apply" in said[0]


def test_it_says_that_kafka_does_not_answer_and_ends_when_it_is_not_wanted():
    said = threading.Event()
    options = {"bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 500}
    count = wait_for_partition_count(options, ["x"], lambda _: said.set(), lambda: not said.is_set())
    assert count == 0
    assert said.is_set()
