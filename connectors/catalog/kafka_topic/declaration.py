"""Kafka topic: every event as a message on a topic of another Kafka cluster."""

from connectors.catalog.kafka_topic import classify, render
from connectors.catalog.kafka_topic.settings import KafkaTopicSettings, PublishEventFields
from connectors.kit.declaration import (
    MEMBERSHIP_CHANGES,
    OCCURRED,
    ActionType,
    ConnectorType,
    PartnerType,
    Summary,
)

CONNECTOR = ConnectorType(
    key="kafka_topic",
    label="Kafka topic",
    api_version="2.8",
    summary=Summary(
        description="Publishes each event on a topic of a Kafka cluster, for a partner inside the company. The"
        " profile's id is the key, so one profile's messages keep their order; `ce_id` is the same on every attempt.",
        requirements=(
            "A Kafka cluster of version 2.8 or newer, whose brokers the workers can reach.",
            "A topic that exists, and a user who may write to it.",
            "The operator has allowed the brokers' addresses, where they are private ones.",
        ),
        resources=(("Error codes", "https://kafka.apache.org/protocol.html#protocol_error_codes"),),
        prerequisites=("You know the brokers' addresses.",),
        unverified=(
            "Brokers are checked against the operator's address rules when a connection is set up and every minute"
            " after that, and not at each of the Kafka client's own reconnections.",
        ),
    ),
    settings=KafkaTopicSettings,
    actions=(
        ActionType(
            key="publish_event",
            label="Publish event",
            description="One message for each join, leave, entry, exit or event.",
            fields=PublishEventFields,
            on=(*MEMBERSHIP_CHANGES, OCCURRED),
            render=render.publish_event,
        ),
    ),
    partner_type=PartnerType(number=31),
    check=render.check,
    classify=classify.kafka_response,
    error_documentation="https://kafka.apache.org/protocol.html#protocol_error_codes",
    codes=classify.CODES,
)
