"""The Kafka sender on a real broker: what arrives, who is asked first, and how every end reads."""

import asyncio
from ipaddress import ip_network

import msgspec
import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.catalog.kafka_topic.declaration import CONNECTOR
from connectors.catalog.kafka_topic.settings import KafkaTopicSettings, PublishEventFields
from connectors.kit.address import AddressPolicy
from connectors.kit.declaration import JOINED, LEFT, Batch, Row
from connectors.kit.exchange import (
    NOT_SENT,
    PartnerRequest,
    PartnerResponse,
    TransportError,
    TransportErrorKind,
)
from deploy.local.ports import free_port
from stream_workers.kafka.producer import TopicProducer
from stream_workers.kafka.sender import KafkaSender
from stream_workers.kafka.translation import translate
from stream_workers.routing import SenderByScheme
from tests.support.events import NOON
from tests.support.kafka import unique_prefix

LOOPBACK = AddressPolicy((ip_network("127.0.0.0/8"), ip_network("::1/128")))


@pytest.fixture
async def sender():
    sender = KafkaSender(LOOPBACK)
    await sender.open()
    yield sender
    await sender.close()


@pytest.fixture
def topic(kafka):
    name = f"{unique_prefix()}partner"
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.create_topics([NewTopic(name, 3, 1, config={"max.message.bytes": "2000"})])[name].result(10)
    yield name
    admin.delete_topics([name])[name].result(10)


def publish(kafka, topic, profile_id="p-1", change=JOINED, value=None, removal="message"):
    settings = KafkaTopicSettings(bootstrap_servers=kafka.bootstrap_servers, tls=False)
    row = Row("dlv_1", profile_id, change, NOON, {}, {"value": value or {"id": profile_id}})
    fields = PublishEventFields(topic=topic, removal=removal)
    return CONNECTOR.actions[0].render(settings, fields, Batch((row,), change, NOON, "dlv_1"))


async def send(sender, request, timeout_seconds=10.0, **more):
    return await sender.send(request, connector_id="con_1", timeout_seconds=timeout_seconds, **more)


def records(kafka, topic, count):
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(3)])
    try:
        return sorted(consumer.consume(count, timeout=20), key=lambda message: message.timestamp())
    finally:
        consumer.close()


async def test_a_record_arrives_with_its_key_and_headers(sender, kafka, topic):
    answer = await send(sender, publish(kafka, topic, profile_id="Zoë/1\r\n"))
    assert answer.status == 200, answer
    (record,) = records(kafka, topic, 1)
    assert (record.key().decode(), msgspec.json.decode(record.value())) == ("Zoë/1\r\n", {"id": "Zoë/1\r\n"})
    headers = dict(record.headers())
    assert headers["ce_id"] == b"dlv_1"
    assert headers["ce_type"] == b"membership.joined.v1"
    assert not any(name.startswith(":") for name in headers)
    assert msgspec.json.decode(answer.body) == {"partition": record.partition(), "offset": record.offset()}


async def test_a_leave_can_be_a_tombstone(sender, kafka, topic):
    await send(sender, publish(kafka, topic, change=LEFT, removal="tombstone"))
    (record,) = records(kafka, topic, 1)
    assert (record.key(), record.value()) == (b"p-1", None)


async def test_records_of_one_profile_keep_their_order_over_one_producer(sender, kafka, topic):
    for number in range(20):
        assert (await send(sender, publish(kafka, topic, value={"number": number}))).status == 200
    found = records(kafka, topic, 20)
    assert len({record.partition() for record in found}) == 1
    by_offset = sorted(found, key=lambda record: record.offset())
    assert [msgspec.json.decode(record.value())["number"] for record in by_offset] == list(range(20))
    assert len(sender._producers) == 1


async def test_what_is_no_longer_wanted_never_leaves(sender, kafka, topic):
    assert await send(sender, publish(kafka, topic), still_wanted=lambda: False) is NOT_SENT
    assert (await send(sender, publish(kafka, topic, profile_id="p-2"), still_wanted=lambda: True)).status == 200
    (record,) = records(kafka, topic, 1)
    assert record.key() == b"p-2"


async def test_a_message_that_is_too_large_is_an_answer_with_kafkas_code(sender, kafka, topic):
    answer = await send(sender, publish(kafka, topic, value={"text": "x" * 5000}))
    assert (answer.status, msgspec.json.decode(answer.body)["error"]) == (413, "MESSAGE_TOO_LARGE")


async def test_a_connection_test_counts_the_brokers(sender, kafka):
    settings = KafkaTopicSettings(bootstrap_servers=kafka.bootstrap_servers, tls=False)
    answer = await send(sender, CONNECTOR.check(settings, NOON, None))
    assert (answer.status, msgspec.json.decode(answer.body)) == (200, {"brokers": 1})


async def test_a_cluster_that_is_not_there_ends_in_time(sender):
    request = PartnerRequest("PRODUCE", f"kafka://127.0.0.1:{free_port()}/t", ((":security", "PLAINTEXT"),), b"{}")
    started = asyncio.get_running_loop().time()
    answer = await send(sender, request, timeout_seconds=1.0)
    assert asyncio.get_running_loop().time() - started < 3
    assert isinstance(answer, TransportError)
    assert answer.kind in (TransportErrorKind.TIMEOUT, TransportErrorKind.CONNECTION_REFUSED)


async def test_a_user_that_the_listener_does_not_know_is_not_let_in(sender, kafka, topic):
    settings = KafkaTopicSettings(
        bootstrap_servers=kafka.bootstrap_servers, tls=False, mechanism="PLAIN", username="ada", password="wrong-word"
    )
    answer = await send(sender, CONNECTOR.check(settings, NOON, None), timeout_seconds=3.0)
    assert not (isinstance(answer, PartnerResponse) and answer.status == 200)
    assert "wrong-word" not in str(answer)


@pytest.mark.parametrize("allow", [(), (ip_network("10.0.0.0/8"),)])
async def test_an_address_that_is_not_allowed_is_never_connected_to(kafka, topic, allow):
    guarded = KafkaSender(AddressPolicy(allow))
    await guarded.open()
    answer = await send(guarded, publish(kafka, topic))
    assert (answer.kind, "loopback" in answer.detail) == (TransportErrorKind.ADDRESS_REFUSED, True)
    assert guarded._producers == {}
    await guarded.close()


async def test_a_broker_that_the_cluster_names_is_checked_too(sender, kafka, topic, monkeypatch):
    def names_a_metadata_address(producer):
        producer.brokers = (("169.254.169.254", 9092),)

    monkeypatch.setattr(TopicProducer, "find_brokers", names_a_metadata_address)
    answer = await send(sender, publish(kafka, topic))
    assert (answer.kind, "metadata" in answer.detail) == (TransportErrorKind.ADDRESS_REFUSED, True)
    assert sender._producers["con_1"]._producer is None


@pytest.mark.parametrize(
    "request_",
    [
        PartnerRequest("GET", "kafka://127.0.0.1:9092/t"),
        PartnerRequest("PRODUCE", "kafka://127.0.0.1:9092"),
        PartnerRequest("PRODUCE", "kafka:///t"),
        PartnerRequest("PRODUCE", "kafka://127.0.0.1:9092/t/u"),
        PartnerRequest("PRODUCE", "kafka://127.0.0.1:9092/t", ((":security", "TELNET"),)),
    ],
)
async def test_a_request_that_is_none_is_refused(sender, request_):
    assert (await send(sender, request_)).kind is TransportErrorKind.REQUEST_INVALID


async def test_other_credentials_mean_another_producer_and_forgetting_closes_it(sender, kafka, topic):
    await send(sender, publish(kafka, topic))
    first = sender._producers["con_1"]
    await send(sender, publish(kafka, topic), timeout_seconds=9.0)
    second = sender._producers["con_1"]
    assert (second is not first, first._closing.is_set()) == (True, True)
    sender.forget("con_1")
    assert (sender._producers, second._closing.is_set()) == ({}, True)


async def test_a_producer_that_has_given_up_for_good_is_replaced(sender, kafka, topic):
    await send(sender, publish(kafka, topic))
    first = sender._producers["con_1"]
    refusal = first._why_not(KafkaError(KafkaError._FATAL, "Fenced.", True), 0.0)
    assert refusal.kind is TransportErrorKind.CONNECTION_LOST
    assert (await send(sender, publish(kafka, topic))).status == 200
    assert (sender._producers["con_1"] is not first, first._closing.is_set()) == (True, True)


async def test_the_scheme_names_the_sender(sender, kafka, topic):
    router = SenderByScheme({"kafka": sender})
    assert (await send(router, publish(kafka, topic))).status == 200
    refused = await send(router, PartnerRequest("POST", "gopher://example.org/"))
    assert (refused.kind, "gopher" in refused.detail) == (TransportErrorKind.REQUEST_INVALID, True)


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (KafkaError._AUTHENTICATION, 401, "SASL_AUTHENTICATION_FAILED"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, 403, "TOPIC_AUTHORIZATION_FAILED"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, 404, "UNKNOWN_TOPIC_OR_PARTITION"),
        (KafkaError.THROTTLING_QUOTA_EXCEEDED, 429, "THROTTLING_QUOTA_EXCEEDED"),
        (KafkaError.NOT_ENOUGH_REPLICAS, 503, "NOT_ENOUGH_REPLICAS"),
    ],
)
def test_kafkas_codes_are_kept(code, status, name):
    answer = translate(KafkaError(code), 7)
    assert (answer.status, msgspec.json.decode(answer.body)["error"], answer.duration_ms) == (status, name, 7)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError._MSG_TIMED_OUT, TransportErrorKind.TIMEOUT),
        (KafkaError._RESOLVE, TransportErrorKind.NAME_NOT_FOUND),
        (KafkaError._SSL, TransportErrorKind.TLS_INVALID),
        (KafkaError._ALL_BROKERS_DOWN, TransportErrorKind.CONNECTION_REFUSED),
        (KafkaError._PURGE_QUEUE, TransportErrorKind.CONNECTION_LOST),
    ],
)
def test_what_the_client_itself_reports_is_no_answer(code, kind):
    assert translate(KafkaError(code), 0).kind is kind
