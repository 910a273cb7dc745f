"""The embedded broker: its data survive, its port is honest, and it never outlives who started it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.local.kafka import EmbeddedKafka, KafkaDidNotStart
from deploy.local.ports import PortTaken
from tests.support.kafka import embedded_kafka
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory):
    with embedded_kafka(tmp_path_factory.mktemp("own-kafka")) as broker:
        yield broker


def client(broker, **more):
    return {"bootstrap.servers": broker.bootstrap_servers, "log_level": 0, **more}


def produce(broker, topic, values):
    producer = Producer(client(broker, acks="all"))
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0


def read(broker, topic, count):
    consumer = Consumer(client(broker, **{"group.id": "reader", "auto.offset.reset": "earliest"}))
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return [message.value() for message in consumer.consume(count, timeout=20)]
    finally:
        consumer.close()


@pytest.mark.parametrize("end", [EmbeddedKafka.stop, EmbeddedKafka.kill], ids=["stop", "kill"])
def test_records_survive(own_kafka, end):
    topic = f"kept-over-{end.__name__}"
    admin = AdminClient(client(own_kafka))
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)
    produce(own_kafka, topic, [b"one", b"two"])
    address = own_kafka.bootstrap_servers

    end(own_kafka)
    assert not own_kafka.is_running()
    own_kafka.restart()
    produce(own_kafka, topic, [b"three"])

    assert own_kafka.bootstrap_servers == address
    assert read(own_kafka, topic, 3) == [b"one", b"two", b"three"]


def test_topics_are_not_made_by_mistake(own_kafka):
    topics = AdminClient(client(own_kafka)).list_topics("mistyped", timeout=10).topics

    assert topics["mistyped"].error is not None
    assert "mistyped" not in AdminClient(client(own_kafka)).list_topics(timeout=10).topics


def test_a_port_that_is_taken_is_refused_with_its_holder(own_kafka, tmp_path):
    with pytest.raises(
        PortTaken, match=rf"Port {own_kafka.port}, wanted for Kafka, .* java \(process {own_kafka.pid}\)"
    ):
        EmbeddedKafka(tmp_path, port=own_kafka.port)


def test_a_preferred_port_that_is_taken_gives_way_to_another(own_kafka, tmp_path):
    assert EmbeddedKafka(tmp_path, preferred_port=own_kafka.port).port != own_kafka.port


def test_a_second_broker_on_the_same_data_is_refused_before_it_can_do_harm(own_kafka):
    properties = own_kafka.folder / "server.properties"
    before = properties.read_text()

    with pytest.raises(KafkaDidNotStart, match=f"Another Kafka runs on the data in {own_kafka.folder}"):
        EmbeddedKafka(own_kafka.folder).start()

    assert own_kafka.is_running()
    assert properties.read_text() == before


def test_a_broker_that_cannot_start_says_why(tmp_path):
    meta = tmp_path / "data" / "meta.properties"
    meta.parent.mkdir()
    meta.write_text("version=1\nnode.id=7\ncluster.id=somebody-elses\n")

    with pytest.raises(KafkaDidNotStart, match=r"(?s)Kafka ended at its start.*Stored node id 7"):
        EmbeddedKafka(tmp_path).start()


@pytest.mark.faults
def test_the_broker_does_not_outlive_a_parent_that_is_killed(tmp_path):
    program = (
        "import pathlib, sys, time\n"
        "from deploy.local.kafka import EmbeddedKafka\n"
        "broker = EmbeddedKafka(pathlib.Path(sys.argv[1]))\n"
        "broker.start()\n"
        "print(broker.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        broker = int(parent.stdout.readline())
        assert Path(f"/proc/{broker}").exists()
        os.kill(parent.pid, signal.SIGKILL)
        eventually(lambda: not is_alive(broker))


def is_alive(pid):
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
