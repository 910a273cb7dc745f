"""Refresh tokens on a real topic: shared by workers, safe across crashes, used by one worker at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from connectors.kit.program_settings import KafkaSettings
from connectors.kit.sealing import new_key
from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import ConfigRecord, ConnectorConfig, config_key
from connectors.records.topics import CONNECTOR_CONFIG
from stream_workers.core.credentials import TURN_MS
from stream_workers.engine.credential_log import CredentialLog, Keeper, NoTurn
from stream_workers.shell.clock import SystemClock
from stream_workers.shell.config_reader import ConfigReader
from stream_workers.shell.config_writer import ConfigWriter
from stream_workers.shell.secrets import SecretOpener
from stream_workers.shell.telemetry import Telemetry
from stream_workers.shell.topic_tail import TopicTail
from tests.support.kafka import RunningKafka, topics_of_ones_own, unique_prefix
from tests.support.oracle import read_all
from tests.support.waiting import eventually_true

KEY = new_key()
CONNECTOR = ConnectorConfig(
    v=SCHEMA_VERSION, workspace="default", id="con_1", type="acme", name="Acme", version=1, revision=1, active=True
)
LONG = 60.0


class ShiftedClock:
    """The system's clock, some milliseconds ahead."""

    def __init__(self) -> None:
        self.ahead = 0
        self.monotonic = SystemClock().monotonic

    def now_ms(self) -> int:
        return SystemClock().now_ms() + self.ahead


@asynccontextmanager
async def worker(settings: KafkaSettings, name: str, keys: tuple[str, ...] = (KEY,)) -> AsyncIterator[CredentialLog]:
    """A worker's log, which has read the topic to its end."""
    clock, telemetry = ShiftedClock(), Telemetry(CollectorRegistry(), "test")
    topic = settings.topic_prefix + CONNECTOR_CONFIG.name
    writer = ConfigWriter(settings.librdkafka(), topic)
    log = CredentialLog(writer, Keeper(name, SecretOpener(list(keys)), clock, telemetry))
    log.writer, log.clock = writer, clock
    tail = TopicTail(settings.librdkafka(), topic, ConfigReader(log.take, telemetry).take, SystemClock())
    tail.start()
    await asyncio.wait_for(tail.caught_up.wait(), LONG)
    try:
        yield log
    finally:
        await tail.stop()


@pytest.fixture
def settings(kafka: RunningKafka):
    with topics_of_ones_own(kafka.bootstrap_servers, unique_prefix(), 1) as settings:
        yield settings


async def hears(log: CredentialLog, given: str, newest: str | None) -> None:
    await eventually_true(lambda: log.newest(CONNECTOR, given) == newest, LONG)


async def test_a_renewed_token_is_there_for_the_others_and_after_a_crash(settings):
    async with worker(settings, "one") as one, worker(settings, "two") as two:
        await one.keep(CONNECTOR, "given", "second")
        await hears(two, "given", "second")
        await two.keep(CONNECTOR, "given", "third")
        await hears(one, "given", "third")
    async with worker(settings, "three") as three:
        assert three.newest(CONNECTOR, "given") == "third"
        assert three.newest(CONNECTOR, "given anew by the admin") is None


async def test_tokens_are_sealed_on_the_topic_and_for_the_right_keys_only(settings):
    async with worker(settings, "one") as one:
        await one.keep(CONNECTOR, "given-canary", "second-canary")
    assert not any(b"canary" in message.value() for message in read_all(settings, CONNECTOR_CONFIG))
    async with worker(settings, "two", (new_key(),)) as stranger:
        assert stranger.newest(CONNECTOR, "given-canary") is None


async def test_workers_take_turns_and_each_sees_what_the_one_before_has_left(settings):
    """An issuer that takes each token once: whoever came with a used one would be refused for ever."""
    newest, inside = "given", 0

    async def renew(log: CredentialLog) -> None:
        nonlocal newest, inside
        async with log.turn(CONNECTOR, LONG):
            inside += 1
            assert inside == 1
            assert (log.newest(CONNECTOR, "given") or "given") == newest
            await asyncio.sleep(0)
            newest += "+"
            await log.keep(CONNECTOR, "given", newest)
            inside -= 1

    async with worker(settings, "one") as one, worker(settings, "two") as two, worker(settings, "three") as three:
        for _ in range(2):
            await asyncio.gather(renew(one), renew(two), renew(three))
    assert newest == "given" + 6 * "+"


class SlowTopic:
    """Takes everything; a reader hears of it when `heard` is called."""

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes, ConfigRecord | None]] = []
        self._heard = 0

    async def write(self, key: bytes, record: ConfigRecord | None) -> bool:
        self.post(key, record)
        return True

    def post(self, key: bytes, record: ConfigRecord | None) -> None:
        self.records.append((len(self.records), key, record))

    def heard(self) -> list[tuple[int, bytes, ConfigRecord | None]]:
        news, self._heard = self.records[self._heard :], len(self.records)
        return news


async def test_a_turn_that_was_given_back_is_not_taken_for_the_next_one():
    """Others have heard that it was given back, and may have the turn by now."""
    topic = SlowTopic()
    keeper = Keeper("one", SecretOpener([KEY]), SystemClock(), Telemetry(CollectorRegistry(), "test"))
    log = CredentialLog(topic, keeper)
    has_turn = asyncio.Event()

    async def renew() -> None:
        async with log.turn(CONNECTOR, LONG):
            has_turn.set()

    first = asyncio.create_task(renew())
    await eventually_true(lambda: topic.records)
    log.take(topic.heard())
    await first
    has_turn.clear()
    second = asyncio.create_task(renew())
    await asyncio.sleep(0)
    assert not has_turn.is_set()
    await eventually_true(lambda: log.take(topic.heard()) or second.done(), LONG)
    assert has_turn.is_set()
    assert [record.over for _, _, record in topic.records] == [False, True, True, False, True]


async def test_the_turn_of_a_worker_that_crashed_ends_by_itself(settings):
    async with worker(settings, "crashed") as crashed, worker(settings, "next") as following:
        held = crashed.turn(CONNECTOR, LONG)
        await held.__aenter__()
        with pytest.raises(NoTurn):
            async with following.turn(CONNECTOR, 0.1):
                raise AssertionError("two have the turn")
        following.clock.ahead = TURN_MS
        async with following.turn(CONNECTOR, LONG):
            assert following.newest(CONNECTOR, "given") is None


async def test_the_credential_of_a_deleted_connector_is_deleted(settings):
    async with worker(settings, "one") as one:
        await one.keep(CONNECTOR, "given", "second")
        assert await one.writer.write(config_key("connector", "con_1"), CONNECTOR)
        assert await one.writer.write(config_key("connector", "con_1"), None)
        await hears(one, "given", None)
        await eventually_true(is_deleted(settings), LONG)


def is_deleted(settings: KafkaSettings) -> Callable[[], bool]:
    def look() -> bool:
        last = {message.key(): message.value() for message in read_all(settings, CONNECTOR_CONFIG)}
        return last.get(b"credential:con_1", b"") is None

    return look
