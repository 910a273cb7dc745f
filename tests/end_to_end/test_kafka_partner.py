"""A partner that is a Kafka topic: a join and a leave go through the engine onto a real cluster."""

from ipaddress import ip_network

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.catalog.kafka_topic.declaration import CONNECTOR
from connectors.kit.address import AddressPolicy
from connectors.kit.registry import Registry
from connectors.records.profile_event import Change
from stream_workers.core.live_config import live_connector
from stream_workers.kafka.sender import KafkaSender
from stream_workers.routing import SenderByScheme
from tests.support.builders import action, activation, audience, connector, membership
from tests.support.engine import Bench
from tests.support.kafka import unique_prefix


class KafkaBench(Bench):
    """The engine in memory, its partner a real cluster."""

    def _build(self):
        self.partner = SenderByScheme({"kafka": KafkaSender(AddressPolicy((ip_network("127.0.0.0/8"),)))})
        return super()._build()

    def _live(self, record):
        return live_connector(record, Registry([CONNECTOR]), lambda _id, _field, sealed: sealed)


@pytest.fixture
def topic(kafka):
    name = f"{unique_prefix()}partner"
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(10)
    yield name
    admin.delete_topics([name])[name].result(10)


def records(kafka, topic, count):
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return consumer.consume(count, timeout=20)
    finally:
        consumer.close()


async def test_a_kafka_partner_has_joins_and_leaves_in_order(kafka, topic):
    bench = KafkaBench()
    await bench.partner.open()
    publish = action(type="publish_event", fields={"topic": topic})
    settings = {"bootstrap_servers": kafka.bootstrap_servers, "tls": False}
    bench.publish(connector(publish, type="kafka_topic", settings=settings), audience(activation()))
    bench.own(0)
    bench.feed(membership("p-1", Change.JOINED), membership("p-1", Change.LEFT, seconds=1))
    await bench.until(lambda: len(bench.outcomes()) == 2, seconds=20)
    assert bench.outcomes() == [("p-1", "sent", None), ("p-1", "removed", None)]
    found = records(kafka, topic, 2)
    assert [(one.key(), msgspec.json.decode(one.value())["change"]) for one in found] == [
        (b"p-1", "joined"),
        (b"p-1", "left"),
    ]
    ids = [dict(one.headers())["ce_id"].decode() for one in found]
    assert ids == [one.delivery_id for one in bench.logs[0].outcomes]
    await bench.engine.stop()
    await bench.partner.close()
