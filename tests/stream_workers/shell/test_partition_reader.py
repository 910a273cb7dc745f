"""What is pending, and how far a partition is, read from a real `pending` topic."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import Producer, TopicPartition

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import Position
from stream_workers.shell.partition_log import PORTION, KafkaPartitionLog, TopicNames
from stream_workers.shell.partition_reader import ReadFailed, RowRecord, read_pending, read_position

KEY = b"position"
ABORTED_ROWS = 300


def write(settings, records: list[tuple[bytes, bytes]], *, commit: bool = True) -> None:
    """One transaction into partition 0 of `pending`."""
    topic = f"{settings.topic_prefix}pending"
    producer = Producer({**settings.librdkafka(), "transactional.id": f"{topic}-0"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for key, value in records:
        producer.produce(topic, value, key, partition=0)
    producer.flush(30)
    (producer.commit_transaction if commit else producer.abort_transaction)(30)


def position(sequence: int) -> tuple[bytes, bytes]:
    return KEY, encode(Position(SCHEMA_VERSION, 10 * sequence, b"", 0, sequence))


def newest(settings) -> int | None:
    found = read_position(settings.librdkafka(), f"{settings.topic_prefix}pending", 0, KEY, 30)
    return found.sequence if found is not None else None


def test_nothing_was_ever_committed(kafka_settings):
    write(kafka_settings, [position(1)], commit=False)
    assert newest(kafka_settings) is None


def test_the_position_is_found_behind_transactions_that_were_aborted(kafka_settings):
    write(kafka_settings, [(b"row", b"{}"), position(1)])
    write(kafka_settings, [(b"row", b"{}"), position(2)])
    assert newest(kafka_settings) == 2
    write(kafka_settings, [(b"row", b"%d" % number) for number in range(ABORTED_ROWS)] + [position(3)], commit=False)
    assert newest(kafka_settings) == 2


def test_an_unreadable_position_does_not_hide_the_one_before_it(kafka_settings):
    write(kafka_settings, [position(1)])
    write(kafka_settings, [(KEY, b"not a position")])
    assert newest(kafka_settings) == 1


def test_rows_come_in_the_order_of_their_writing_and_the_last_position_counts(kafka_settings):
    write(kafka_settings, [(b"row-1", b"first"), (b"row-2", b"first"), position(1)])
    write(kafka_settings, [(b"row-1", b"aborted"), position(7)], commit=False)
    write(kafka_settings, [(b"row-1", b"second"), (b"row-2", b""), position(2)])
    taken: list[RowRecord] = []
    pending = TopicPartition(f"{kafka_settings.topic_prefix}pending", 0)
    found = read_pending(kafka_settings.librdkafka(), pending, KEY, taken.extend, 30)
    assert found is not None
    assert found.sequence == 2
    assert taken == [(b"row-1", b"first"), (b"row-2", b"first"), (b"row-1", b"second"), (b"row-2", b"")]


async def test_a_partition_that_is_given_up_is_not_read_on(kafka_settings):
    write(kafka_settings, [(b"row-%d" % number, b"{}") for number in range(10 * PORTION)])
    topics = (f"{kafka_settings.topic_prefix}{name}" for name in ("profile-events", "pending", "outcomes", "a", "d"))
    with ThreadPoolExecutor() as executor:
        log = KafkaPartitionLog(kafka_settings.librdkafka(), TopicNames(*topics), 0, KEY, executor)
        taken: list[RowRecord] = []
        closing = []

        def take(rows: list[RowRecord]) -> None:
            taken.extend(rows)
            closing.append(asyncio.ensure_future(log.close()))

        with pytest.raises(ReadFailed):
            await log.take_over(take)
        await asyncio.gather(*closing)
        assert len(taken) <= 2 * PORTION


async def test_a_partition_that_is_given_up_before_it_is_taken_over_leaves_no_connection():
    nowhere = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}
    with ThreadPoolExecutor() as executor:
        log = KafkaPartitionLog(
            nowhere, TopicNames("profile-events", "pending", "outcomes", "a", "d"), 0, KEY, executor
        )
        await log.close()
        with pytest.raises(ReadFailed):
            await log.take_over(lambda _rows: None)
    assert log._producer is None
