"""Events from JSON lines reach Kafka, each profile in the partition where every other producer would put it."""

import json
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from deploy.errors import CannotRun
from deploy.sending import SendResult, check_lines, send_lines, send_with_progress
from deploy.topics import BrokerUnreachable


def event(profile_id, **more):
    values = {
        "v": 1,
        "workspace": "default",
        "kind": "membership",
        "profile_id": profile_id,
        "occurred_at": datetime(2026, 11, 22, tzinfo=UTC).isoformat(),
        "source": {"kind": "audience", "id": "newsletter"},
        "change": "joined",
        **more,
    }
    return json.dumps(values).encode() + b"\n"


def read_all(settings, count):
    consumer = Consumer({**settings.librdkafka(), "group.id": settings.topic_prefix, "log_level": 0})
    topic = settings.topic_prefix + "profile-events"
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    try:
        return consumer.consume(count, timeout=20)
    finally:
        consumer.close()


def test_bad_lines_are_named_by_number_and_left_out():
    result = SendResult()
    lines = [event("p-1"), b"\n", b"not json\n", event("p-2", v=9), event("p-3")]

    sent = list(check_lines(lines, result, as_is=False))

    assert [(line.number, line.key) for line in sent] == [(1, b"p-1"), (5, b"p-3")]
    assert result.refused == 2
    assert result.problems[0].startswith("line 3: ")
    assert "schema version 9" in result.problems[1]


def test_as_is_keeps_bad_lines_and_keys_what_has_a_profile():
    lines = [b"not json\n", event("p-2", v=9), b"\xff\xfe\n"]

    sent = list(check_lines(lines, SendResult(), as_is=True))

    assert [line.key for line in sent] == [None, b"p-2", None]


def test_events_arrive_whole_and_a_profile_is_where_java_would_put_it(kafka_settings):
    lines = [event(f"p-{number}") for number in range(500)]

    result = send_lines(kafka_settings, lines)

    assert (result.acknowledged, result.refused) == (500, 0)
    messages = read_all(kafka_settings, 500)
    assert sorted(message.value() + b"\n" for message in messages) == sorted(lines)
    where = {message.key(): message.partition() for message in messages}
    assert {key: where[key] for key in (b"p-0", b"p-1", b"p-7")} == {
        key: (murmur2(key) & 0x7FFFFFFF) % 4 for key in (b"p-0", b"p-1", b"p-7")
    }
    assert len(set(where.values())) == 4


def test_a_file_is_sent_from_the_command_line_function(kafka_settings, tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_bytes(event("p-1") + b"bad\n" + event("p-2"))

    result = send_with_progress(kafka_settings, file, as_is=False)

    assert (result.acknowledged, result.refused) == (2, 1)


def test_an_event_that_kafka_refuses_is_named(kafka_settings):
    result = send_lines(kafka_settings, [event("p-1"), b"x" * 3_000_000], as_is=True)

    assert (result.acknowledged, result.refused) == (1, 1)
    assert result.problems[0].startswith("line 2: ")


def test_a_missing_topic_says_how_it_is_made(kafka, topic_prefix):
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic_prefix=topic_prefix)

    with pytest.raises(BrokerUnreachable, match="patchbay topics apply"):
        send_lines(settings, [event("p-1")])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CannotRun, match=r"nothing\.ndjson cannot be read: No such file"):
        send_with_progress(KafkaSettings(), tmp_path / "nothing.ndjson", as_is=False)


def murmur2(data):
    """Kafka's own partitioner hash, written out once more."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        k = int.from_bytes(data[start : start + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15
