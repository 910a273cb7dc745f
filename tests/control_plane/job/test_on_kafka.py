"""Commands on a real broker: in their partitions, once, by one writer, and read back after a crash."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import decode
from connectors.records.delivery import Command, CommandKind
from connectors.records.topics import COMMANDS
from control_plane.job.command_topic import CommandOut, KafkaCommandTopic
from control_plane.job.sender import JobSender, Pace
from control_plane.publishing.config_topic import Fenced, KafkaUnreachable
from deploy.local.ports import free_port
from tests.support.plane import plane_settings, running_plane
from tests.support.reports import Reporter, dead_letter
from tests.support.waiting import eventually_true

PARTITIONS = 4
QUICK = Pace(poll_seconds=0.05, chunk_seconds=0, retry_seconds=0.1, standby_seconds=1)


def on_the_topic(kafka: KafkaSettings) -> list[tuple[int, bytes]]:
    """Everything committed on `commands`: partition and value."""
    options = {**kafka.librdkafka(), "group.id": uuid4().hex, "isolation.level": "read_committed"}
    consumer = Consumer({**options, "enable.auto.commit": False, "enable.partition.eof": True})
    topic = kafka.topic_prefix + COMMANDS.name
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found, ended = [], 0
    while ended < PARTITIONS:
        message: Any = consumer.poll(10)
        assert message is not None, "the end was not reached in time"
        if message.error() is None:
            found.append((message.partition(), message.value()))
        else:
            ended += 1
    consumer.close()
    return sorted(found)


async def test_commands_arrive_in_their_partitions_and_can_be_read_back(kafka_settings: KafkaSettings) -> None:
    topic = KafkaCommandTopic(kafka_settings)
    began = datetime.now(UTC) - timedelta(minutes=1)
    await topic.open()
    assert await topic.written_since(began) == set()
    await topic.publish([CommandOut("cmd_1", "job_1", 2, b"one"), CommandOut("cmd_2", "job_1", None, b"all")])
    assert on_the_topic(kafka_settings) == [(0, b"all"), (1, b"all"), (2, b"all"), (2, b"one"), (3, b"all")]
    assert await topic.written_since(began) == {"cmd_1", "cmd_2"}
    assert await topic.written_since(datetime.now(UTC) + timedelta(minutes=1)) == set()
    await topic.close()


async def test_a_writer_that_was_replaced_writes_nothing_more(kafka_settings: KafkaSettings) -> None:
    older, newer = KafkaCommandTopic(kafka_settings), KafkaCommandTopic(kafka_settings)
    await older.open()
    await newer.open()
    with pytest.raises(Fenced):
        await older.publish([CommandOut("cmd_1", "job_1", 0, b"from the old one")])
    await newer.publish([CommandOut("cmd_2", "job_1", 0, b"from the new one")])
    assert on_the_topic(kafka_settings) == [(0, b"from the new one")]
    await older.close()
    await newer.close()


async def test_a_broker_that_is_not_there_is_told() -> None:
    absent = KafkaCommandTopic(KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}"))
    with pytest.raises(KafkaUnreachable):
        await absent.open()
    await absent.close()


async def test_a_replay_is_on_the_topic_once_though_its_sender_crashed(
    kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    async with running_plane(plane_settings(f"sqlite:///{tmp_path / 'patchbay.sqlite'}")) as plane:
        letters = [dead_letter(f"dlv_{number}", partition=number % PARTITIONS) for number in range(800)]
        await Reporter(plane).report(*letters)
        job = await plane.call("POST", "/v1/jobs", 201, json={"selection": {}})
        await plane.call("POST", f"/v1/jobs/{job['id']}/start", 202)

        crashing = KafkaCommandTopic(kafka_settings)
        await crashing.open()
        sender = JobSender(plane.parts.database, crashing, QUICK)
        await sender.step()
        waiting = await sender.waiting()  # what a crash between two steps leaves behind
        await crashing.publish(waiting)

        async with JobSender(plane.parts.database, KafkaCommandTopic(kafka_settings), QUICK).running():

            async def handed_over() -> bool:
                return (await plane.call("GET", f"/v1/jobs/{job['id']}", 200))["state"] == "delivering"

            await eventually_true(handed_over, within_seconds=40)
            await plane.call("POST", f"/v1/jobs/{job['id']}/cancel", 202)
            cancels = CommandKind.CANCEL.value.encode()
            await eventually_true(
                lambda: sum(cancels in value for _, value in on_the_topic(kafka_settings)) == PARTITIONS
            )
        await crashing.close()
    found = [(partition, decode(Command, value)) for partition, value in on_the_topic(kafka_settings)]
    items = [(item.delivery_id, partition) for partition, command in found for item in command.items]
    assert sorted(items) == sorted((f"dlv_{number}", number % PARTITIONS) for number in range(800))
