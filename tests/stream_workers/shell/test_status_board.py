"""What a worker says of itself reaches the topic however much it is, and when it does not, that is told."""

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import SCHEMA_VERSION, decode
from connectors.records.delivery import WorkerStatus
from connectors.records.topics import WORKER_STATUS
from stream_workers.shell.clock import SystemClock
from stream_workers.shell.status_board import StatusBoard
from tests.support.builders import NOON
from tests.support.oracle import read_all
from tests.support.waiting import eventually_true


class Told:
    """Keeps what the board says of refusals."""

    def __init__(self) -> None:
        self.refusals: list[str] = []

    def board(self, settings: KafkaSettings, keys: Callable[[], int]) -> StatusBoard:
        """A board of a worker that has applied so many keys."""
        topic = settings.topic_prefix + WORKER_STATUS.name
        return StatusBoard(settings.librdkafka(), topic, lambda: status(keys()), SystemClock(), self.refusals.append)


def status(keys: int) -> WorkerStatus:
    applied = {f"connector:con_{number:032}": number for number in range(keys)}
    return WorkerStatus(v=SCHEMA_VERSION, worker_id="w-1", at=NOON, started_at=NOON, applied=applied)


@pytest.fixture
def told() -> Told:
    return Told()


async def test_a_status_of_many_keys_is_told(told, kafka_settings):
    board = told.board(kafka_settings, lambda: 30_000)
    board.start()
    await eventually_true(lambda: read_all(kafka_settings, WORKER_STATUS))
    assert len(decode(WorkerStatus, read_all(kafka_settings, WORKER_STATUS)[0].value()).applied) == 30_000
    assert told.refusals == []
    await board.stop()


async def test_a_refusal_is_told_once_until_a_status_is_taken(told, kafka_settings):
    keys = [100_000]
    board = told.board(kafka_settings, lambda: keys[0])
    board.start()
    await eventually_true(lambda: told.refusals)
    board.changed()
    await eventually_true(lambda: not board._changed.is_set())
    assert len(told.refusals) == 1
    assert "too large" in told.refusals[0]
    keys[0] = 1
    board.changed()
    await eventually_true(lambda: not board._is_refused)
    keys[0] = 100_000
    board.changed()
    await eventually_true(lambda: len(told.refusals) == 2)
    await board.stop()


def test_what_the_broker_refuses_later_is_told_as_well(told):
    board = told.board(KafkaSettings(bootstrap_servers="127.0.0.1:1"), lambda: 1)
    board._answered(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    board._answered(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    assert len(told.refusals) == 1
