"""Recent events and outcomes as a real broker gives them."""

import asyncio
from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import Outcome, OutcomeClass, SourcePosition
from connectors.records.topics import OUTCOMES, PROFILE_EVENTS
from control_plane.sample.recent_events import RECORDS, EventsUnreadable, KafkaRecentEvents
from control_plane.sample.recent_outcomes import KafkaRecentOutcomes
from deploy.local.ports import free_port
from tests.support.builders import event_bytes, membership


def say(kafka: KafkaSettings, *values: bytes) -> None:
    """Put these on the topic, each in the partition of its number."""
    producer = Producer({**kafka.librdkafka(), "enable.idempotence": True})  # a retry changes no order then
    for number, value in enumerate(values):
        producer.produce(kafka.topic_prefix + PROFILE_EVENTS.name, value=value, key=b"p", partition=number % 4)
    assert producer.flush(20) == 0


async def test_an_empty_topic_has_no_events(kafka_settings: KafkaSettings) -> None:
    tail = await KafkaRecentEvents(kafka_settings).newest()
    assert (tail.samples, tail.searched) == ((), 0)


async def test_the_newest_events_come_first_and_bad_records_are_left_out(kafka_settings: KafkaSettings) -> None:
    say(kafka_settings, event_bytes(membership("p-1")))
    say(kafka_settings, b"no event", event_bytes(membership("p-2")))
    tail = await KafkaRecentEvents(kafka_settings).newest()
    assert [sample.event.profile_id for sample in tail.samples] == ["p-2", "p-1"]
    assert tail.searched == 3


async def test_of_many_events_only_the_newest_are_read(kafka_settings: KafkaSettings) -> None:
    old, new = (event_bytes(membership(name)) for name in ("p-old", "p-new"))
    say(kafka_settings, *[old] * 400, *[new] * RECORDS)
    tail = await KafkaRecentEvents(kafka_settings).newest()
    assert tail.searched == RECORDS
    assert {sample.event.profile_id for sample in tail.samples} == {"p-new"}


async def test_whoever_asks_at_once_shares_one_reading(kafka_settings: KafkaSettings) -> None:
    say(kafka_settings, event_bytes(membership()))
    events = KafkaRecentEvents(kafka_settings)
    tails = await asyncio.gather(*(events.newest() for _ in range(5)))
    assert len({id(tail) for tail in tails}) == 1


async def test_a_broker_that_is_not_there_is_told() -> None:
    events = KafkaRecentEvents(KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    with pytest.raises(EventsUnreadable):
        await events.newest()


async def test_outcomes_are_read_once_they_are_committed(kafka_settings: KafkaSettings) -> None:
    producer = Producer({**kafka_settings.librdkafka(), "transactional.id": f"{kafka_settings.topic_prefix}worker"})
    producer.init_transactions(20)
    for delivery_id, end in (("dlv_1", producer.commit_transaction), ("dlv_2", producer.abort_transaction)):
        producer.begin_transaction()
        value = encode(outcome(delivery_id))
        producer.produce(kafka_settings.topic_prefix + OUTCOMES.name, value=value, partition=0)
        producer.produce(kafka_settings.topic_prefix + OUTCOMES.name, value=b"no outcome", partition=1)
        producer.flush(20)
        end(20)
    found = await KafkaRecentOutcomes(kafka_settings).newest()
    assert [one.delivery_id for one in found] == ["dlv_1"]


def outcome(delivery_id: str) -> Outcome:
    """One that was sent."""
    common = {"v": SCHEMA_VERSION, "workspace": "default", "profile_id": "p-1", "connector_id": "con_1"}
    more = {"action_id": "act_1", "config_version": 1, "source": SourcePosition(0, 0), "at": datetime.now(UTC)}
    return Outcome(delivery_id=delivery_id, outcome=OutcomeClass.SENT, **common, **more)
