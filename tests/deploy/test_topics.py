"""The broker's topics become those of `connectors.records.topics`, and never at the price of order."""

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import CO_PARTITIONED, PENDING, PROFILE_EVENTS, TOPICS
from deploy.topics import BrokerUnreachable, Found, TopicsRefused, apply_topics, plan_changes, wanted_topics
from tests.support.waiting import eventually


def as_wanted(partitions=8):
    return {topic.name: Found(topic.partitions, dict(topic.topic.config)) for topic in wanted_topics("", partitions)}


def config_of(admin, topic):
    answer = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)])
    return {name: entry.value for name, entry in next(iter(answer.values())).result(10).items()}


def test_missing_topics_are_created_with_their_settings():
    changes = plan_changes(wanted_topics("eu-", 8), {})

    assert [change.wanted.name for change in changes] == [f"eu-{topic.name}" for topic in TOPICS]
    assert all(change.creates and change.config == change.wanted.topic.config for change in changes)


def test_topics_that_are_as_wanted_need_no_change():
    changes = plan_changes(wanted_topics("", 8), as_wanted(8))

    assert {change.summary for change in changes} == {"as it should be"}


def test_a_setting_that_differs_is_altered_and_no_other():
    found = as_wanted()
    found["attempts"] = Found(8, {**found["attempts"].config, "retention.ms": "1000"})

    changes = {change.wanted.name: change for change in plan_changes(wanted_topics("", 8), found)}

    assert changes["attempts"].config == {"retention.ms": str(7 * 24 * 3600 * 1000)}
    assert not changes["pending"].config


def test_no_topic_shrinks():
    with pytest.raises(TopicsRefused, match="attempts has 8 partitions; Kafka cannot take it back to 4"):
        plan_changes(wanted_topics("", 4), as_wanted(8))


@pytest.mark.parametrize("topic", CO_PARTITIONED, ids=lambda topic: topic.name)
def test_a_partition_count_that_order_depends_on_never_changes(topic):
    found = as_wanted(16)
    found[topic.name] = Found(8, found[topic.name].config)

    with pytest.raises(TopicsRefused, match=f"{topic.name} has 8 partitions; with 16 its keys .* order would be lost"):
        plan_changes(wanted_topics("", 16), found)


def test_a_topic_without_order_may_grow():
    found = as_wanted(8)
    found["attempts"] = Found(4, found["attempts"].config)

    changes = {change.wanted.name: change for change in plan_changes(wanted_topics("", 8), found)}

    assert changes["attempts"].summary == "4 → 8 partitions"


def test_the_broker_has_the_topics_as_they_are_written_down(kafka_settings, partitions):
    admin = AdminClient(kafka_settings.librdkafka())
    topics = admin.list_topics(timeout=10).topics

    for wanted in wanted_topics(kafka_settings.topic_prefix, partitions):
        assert len(topics[wanted.name].partitions) == wanted.partitions
        config = config_of(admin, wanted.name)
        assert {name: config[name] for name in wanted.topic.config} == wanted.topic.config


def test_a_second_apply_changes_nothing_and_keeps_the_partition_count(kafka_settings, partitions):
    changes = apply_topics(kafka_settings)

    assert {change.summary for change in changes} == {"as it should be"}
    assert {change.wanted.partitions for change in changes} == {1, partitions}


def test_a_topic_that_was_deleted_and_a_setting_that_was_changed_come_back(kafka_settings):
    admin = AdminClient(kafka_settings.librdkafka())
    pending, events = (kafka_settings.topic_prefix + topic.name for topic in (PENDING, PROFILE_EVENTS))
    admin.delete_topics([pending])[pending].result(10)
    eventually(lambda: pending not in admin.list_topics(timeout=10).topics)
    shorter = ConfigEntry("retention.ms", "1000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, events, incremental_configs=[shorter])
    admin.incremental_alter_configs([resource])[resource].result(10)
    eventually(lambda: config_of(admin, events)["retention.ms"] == "1000")

    changes = {change.wanted.topic.name: change for change in apply_topics(kafka_settings)}

    assert changes["pending"].creates
    assert "retention.ms" in changes["profile-events"].config
    eventually(lambda: config_of(admin, events)["retention.ms"] == PROFILE_EVENTS.config["retention.ms"])
    assert {change.summary for change in apply_topics(kafka_settings)} == {"as it should be"}


def test_a_refusal_changes_nothing_on_the_broker(kafka_settings, partitions):
    with pytest.raises(TopicsRefused):
        apply_topics(kafka_settings, partitions=partitions * 2)

    topics = AdminClient(kafka_settings.librdkafka()).list_topics(timeout=10).topics
    assert len(topics[kafka_settings.topic_prefix + "attempts"].partitions) == partitions


def test_a_missing_broker_is_named(monkeypatch):
    monkeypatch.setattr("deploy.topics.CONNECT_SECONDS", 0.3)

    with pytest.raises(BrokerUnreachable, match=r"Kafka at 127\.0\.0\.1:1"):
        apply_topics(KafkaSettings(bootstrap_servers="127.0.0.1:1"))
