"""The producer of a partition on a real broker: who is fenced writes nothing, and what has failed can be let go of."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream_workers.shell.partition_transaction import Fenced, PartitionProducer

FATAL = KafkaException(KafkaError(KafkaError.INVALID_TXN_STATE, "Failed to end transaction", fatal=True))


class FailedForGood:
    """A librdkafka producer after a fatal error: whatever is called next raises it."""

    def purge(self) -> None:
        raise FATAL

    def flush(self, _seconds: float) -> int:
        raise FATAL


def producer(settings) -> PartitionProducer:
    return PartitionProducer(settings.librdkafka(), f"{settings.topic_prefix}profile-events-0", 0)


def test_a_fenced_producer_writes_nothing_and_its_successor_does(kafka_settings):
    messages = {f"{kafka_settings.topic_prefix}outcomes": [{"key": b"k", "value": b"v"}]}
    first, second = producer(kafka_settings), producer(kafka_settings)
    first.fence(30)
    first.commit(messages, 30)
    second.fence(30)
    with pytest.raises(Fenced) as refused:
        first.commit(messages, 30)
    assert refused.value.__cause__.__traceback__ is None, "librdkafka's error keeps the producer, and its threads"
    first.close()
    second.commit(messages, 30)
    second.close()


def test_a_producer_that_has_failed_for_good_can_be_closed(kafka_settings):
    failed = producer(kafka_settings)
    failed._producer = FailedForGood()
    failed.close()
    successor = producer(kafka_settings)
    successor.fence(30)
    successor.close()
