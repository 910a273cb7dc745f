"""Kafka topic: every event as a message on a topic of another Kafka cluster."""

from connectors.catalog.kafka_topic import classify, render
from connectors.catalog.kafka_topic.settings import KafkaTopicSettings, PublishEventFields
from connectors.kit.declaration import MEMBERSHIP_CHANGES, OCCURRED, ActionType, ConnectorType, PartnerType
from connectors.kit.facts import read_facts

FACTS = read_facts(__package__)

CONNECTOR = ConnectorType(
    key="kafka_topic",
    label="Kafka topic",
    api_version="2.8",
    summary=FACTS.summary,
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
    partner_type=PartnerType(31),
    check=render.check,
    classify=classify.kafka_response,
    error_documentation=FACTS.error_documentation,
    codes=FACTS.codes.meanings,
)
